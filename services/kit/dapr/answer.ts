import { z } from 'zod';
import { CalleeProtocolError } from '../errors.ts';
import { count } from '../telemetry/metrics.ts';
import { log } from '../telemetry/telemetry.ts';

/**
 * Reads a callee's answer: one of another shape than agreed is the callee's fault, never the client's or the event's.
 * @throws CalleeProtocolError
 */
export function answerOf<T>(schema: z.ZodType<T>, callee: string, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const inner = z.prettifyError(read.error);
  count('calls_failed', { callee, why: 'nonsense' });
  log.error('a callee does not answer as agreed', { callee, reason: inner });
  throw new CalleeProtocolError(callee, inner);
}
