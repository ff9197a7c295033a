import { z } from 'zod';
import { configKey, decimal, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  GIFT_STEP: configKey(
    decimal({ min: 0.01, max: 1_000_000_000 }),
    '10000',
    'One gift is given for each started step of the fee: how much of the fee is a step.',
  ),
  GIFT_MAXIMUM: configKey(wholeNumber({ min: 1, max: 1_000_000_000 }), '4', 'Gifts of one enrolment at most.'),
});
export type Config = z.output<typeof Config>;
