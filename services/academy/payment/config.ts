import { z } from 'zod';
import { configKey, milliseconds } from '../../kit/domain/index.ts';

export const Config = z.object({
  PAYMENT_DELAY_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds that a payment takes at least. In the original 400, and a random time below 220 more, so that of 22 registrations one exceeds the 610 ms (docs/contracts/academy.md#oddity-delay); the circuit breaker exercise sets both.',
  ),
  PAYMENT_DELAY_SPREAD_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds below which a random time is added to PAYMENT_DELAY_MS (220 in the exercise).',
  ),
  ANSWER_DELAY_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds that payment keeps its answer back after it has paid.',
  ),
});
export type Config = z.output<typeof Config>;
