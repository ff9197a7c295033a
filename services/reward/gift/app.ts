import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';

const configuration = z.object({
  GIFT_AT_ONCE: z.coerce.number().int().min(1),
  GIFT_DELAY_MS: z.coerce.number().int().min(0),
  GIFT_DELAY_MAXIMUM_MS: z.coerce.number().int().min(0),
});
export type Limits = z.output<typeof configuration>;

export const gift = service({ configuration, api });
