import { z } from 'zod';
import { milliseconds } from '../../kit/domain/index.ts';

/** What the operations chapter needs: pay slow, failing, hanging or crashing. */
export const Config = z.object({
  PAY_DELAY_MS: milliseconds,
  PAY_FAILURE: z.enum(['none', 'error', 'hang', 'crash']),
});
export type Config = z.output<typeof Config>;
