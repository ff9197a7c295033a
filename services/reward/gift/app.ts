import { z } from 'zod';
import { milliseconds, service, wholeNumber } from '../../kit/index.ts';
import { api } from './api.ts';

const configuration = z.object({
  GIFT_AT_ONCE: wholeNumber({ min: 1, max: 1_000_000 }),
  GIFT_DELAY_MS: milliseconds,
  GIFT_DELAY_MAXIMUM_MS: milliseconds,
});
export type Limits = z.output<typeof configuration>;

export const gift = service({ configuration, api });
