import { z } from 'zod';
import { milliseconds, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  CANCEL_DELAY_MS: milliseconds,
  REGISTRATION_PATIENCE: wholeNumber({ min: 1, max: 1000 }),
});
export type Config = z.output<typeof Config>;
