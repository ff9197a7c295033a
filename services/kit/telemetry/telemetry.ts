import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import winston from 'winston';

/** The W3C trace context of the work at hand; it travels with every call and every event. */
export interface Trace {
  readonly traceparent: string;
}

const current = new AsyncLocalStorage<Trace>();
const VALID = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace of the work at hand, or a new one. */
export const trace = (): Trace => current.getStore() ?? continueTrace(undefined);

/** Continues a trace that came from outside; anything that is not a valid `traceparent` starts a new one. */
export const continueTrace = (traceparent: unknown): Trace => ({
  traceparent:
    typeof traceparent === 'string' && VALID.test(traceparent)
      ? traceparent
      : `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
});

/** Runs work under a trace: its log lines, calls and events carry it. */
export const withTrace = <T>(trace: Trace, work: () => T): T => current.run(trace, work);

/** The trace id alone, which log lines and problem answers show as the correlation id. */
export const correlationId = (): string | undefined => current.getStore()?.traceparent.split('-')[1];

const addContext = winston.format((line) => {
  const id = correlationId();
  return id ? Object.assign(line, { traceId: id }) : line;
});

/** JSON lines on standard output; LOG_LEVEL chooses how much (error, warn, info, debug). */
export const log = winston.createLogger({
  level: process.env.LOG_LEVEL ?? 'info',
  defaultMeta: { service: process.env.APP_ID ?? 'madang' },
  format: winston.format.combine(addContext(), winston.format.timestamp(), winston.format.json()),
  transports: [new winston.transports.Console()],
});

/** The one line of an error that a log needs, with what no client may read. */
export const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { inner } = error as { inner?: unknown };
  return typeof inner === 'string' && inner !== '' ? `${error.message} (${inner})` : error.message;
};
