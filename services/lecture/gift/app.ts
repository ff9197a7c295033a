import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  GIFT_STEP: z.coerce.number().positive(),
  GIFT_MAXIMUM: z.coerce.number().int().positive(),
});
export type Rules = z.output<typeof configuration>;

export const gift = service({ configuration, api, policies: () => policies });
