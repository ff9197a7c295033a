import { z } from 'zod';
import { configKey, milliseconds } from '../../kit/domain/index.ts';

/** With these keys an operator makes pay slow, failing, hanging or crashing. Exercises of operations need that. */
export const Config = z.object({
  PAY_DELAY_MS: configKey(milliseconds, '0', 'Trouble for operations exercises: milliseconds that a payment takes.'),
  PAY_FAILURE: configKey(
    z.enum(['none', 'error', 'hang', 'crash']),
    'none',
    'Trouble for operations exercises: what happens to a payment. none, error, hang or crash.',
  ),
});
export type Config = z.output<typeof Config>;
