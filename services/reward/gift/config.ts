import { z } from 'zod';
import { configKey, milliseconds, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  GIFT_AT_ONCE: configKey(
    wholeNumber({ min: 1, max: 1_000_000 }),
    '1',
    'Requests that gift handles at the same time; those beyond are refused at once. 1 is the limit of docs/contracts/reward.md#limit-gift.',
  ),
  GIFT_DELAY_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds that recording a gift takes at least (400 in the exercise).',
  ),
  GIFT_DELAY_MAXIMUM_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds that recording a gift takes at most (620 in the exercise); each takes a random time between the two.',
  ),
});
export type Config = z.output<typeof Config>;
