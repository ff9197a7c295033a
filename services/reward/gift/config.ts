import { z } from 'zod';
import { milliseconds, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  GIFT_AT_ONCE: wholeNumber({ min: 1, max: 1_000_000 }),
  GIFT_DELAY_MS: milliseconds,
  GIFT_DELAY_MAXIMUM_MS: milliseconds,
});
export type Config = z.output<typeof Config>;
