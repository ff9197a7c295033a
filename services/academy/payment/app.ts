import { z } from 'zod';
import { milliseconds, service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  PAYMENT_DELAY_MS: milliseconds,
  PAYMENT_DELAY_SPREAD_MS: milliseconds,
  ANSWER_DELAY_MS: milliseconds,
});
export type Delays = z.output<typeof configuration>;

export const payment = service({ configuration, api, policies: () => policies });
