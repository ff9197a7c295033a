import { z } from 'zod';
import { configKey, milliseconds, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  DEFAULT_QUANTITY: configKey(
    wholeNumber({ min: 0, max: 1_000_000 }),
    '10',
    'Stock of a product that is registered without a quantity.',
  ),
  REGISTRATION_DELAY_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds that registering a product takes at least (800 in the exercise).',
  ),
  REGISTRATION_DELAY_MAXIMUM_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds that registering a product takes at most (1020 in the exercise); each takes a random time between the two.',
  ),
});
export type Config = z.output<typeof Config>;
