import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  DEFAULT_QUANTITY: z.coerce.number().int().min(0),
  REGISTRATION_DELAY_MS: z.coerce.number().int().min(0),
  REGISTRATION_DELAY_MAXIMUM_MS: z.coerce.number().int().min(0),
});
export type Rules = z.output<typeof configuration>;

export const product = service({ configuration, api, policies: () => policies });
