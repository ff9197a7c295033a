import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  CANCEL_DELAY_MS: z.coerce.number().int().min(0),
  REGISTRATION_PATIENCE: z.coerce.number().int().min(1).max(1000),
});
export type Rules = z.output<typeof configuration>;

export const delivery = service({ configuration, api, policies });
