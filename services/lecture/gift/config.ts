import { z } from 'zod';
import { decimal, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  GIFT_STEP: decimal({ min: 0.01, max: 1_000_000_000 }),
  GIFT_MAXIMUM: wholeNumber({ min: 1, max: 1_000_000_000 }),
});
export type Config = z.output<typeof Config>;
