import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const milliseconds = z.coerce.number().int().min(0);
const configuration = z.object({
  PAYMENT_DELAY_MS: milliseconds,
  PAYMENT_DELAY_SPREAD_MS: milliseconds,
  ANSWER_DELAY_MS: milliseconds,
});
export type Delays = z.output<typeof configuration>;

export const payment = service({ configuration, api, policies: () => policies });
