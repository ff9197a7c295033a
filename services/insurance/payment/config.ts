import { z } from 'zod';
import { configKey, milliseconds } from '../../kit/domain/index.ts';

export const Config = z.object({
  PAYMENT_DELAY_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds that paying, and checking a payment, takes (1300 in the exercise).',
  ),
});
export type Config = z.output<typeof Config>;
