import { z } from 'zod';
import { milliseconds, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  DEFAULT_QUANTITY: wholeNumber({ min: 0, max: 1_000_000 }),
  REGISTRATION_DELAY_MS: milliseconds,
  REGISTRATION_DELAY_MAXIMUM_MS: milliseconds,
});
export type Config = z.output<typeof Config>;
