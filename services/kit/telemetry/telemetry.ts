import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import winston from 'winston';
import type { Context } from '../runtime/context.ts';

/** The W3C trace context of the work at hand; it travels with every call and every event. */
export interface Trace {
  readonly traceparent: string;
  /** What causes the work: the id of an event, or of the command (its request id). Events that come of it tell it. */
  readonly causationId?: string | undefined;
}

/** The work at hand, where a client asked for it. */
export interface Asked extends Trace {
  /** The number by which client and operator speak of the request. */
  readonly requestId: string;
  /** GET and HEAD: nothing is changed, so nothing has to be finished for a client that is gone. */
  readonly isRead: boolean;
  /** Time and chance of the service that was asked. */
  readonly context: Context;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

const current = new AsyncLocalStorage<Trace | Asked>();
const VALID = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const asked = (): Asked | undefined => {
  const store = current.getStore();
  return store && 'requestId' in store ? store : undefined;
};

/**
 * The trace of the work at hand. What a service does unasked (it looks at its outbox, reads its configuration) has a new one
 * each time, which is not recorded: beside those of commands there would be sixty traces of one span every minute.
 */
export const trace = (): Trace => current.getStore() ?? begun(false);

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The share of new traces that are recorded: sidecars do with a trace what its first span decided. */
function sampled(): boolean {
  const rate = Number(process.env.TRACE_SAMPLING_RATE || 1);
  return rate >= 1 || Number.parseInt(randomDigits(8), 16) < 16 ** 8 * rate;
}

/** What a trace begins with, or goes on with. */
export interface TraceOrigin {
  /** Of the request that starts it: a UUID, as ingresses write into their log, becomes the trace id. */
  readonly requestId?: unknown;
  /** The event or command that causes the work. */
  readonly causationId?: string | undefined;
}

/** Many digits at once: a draw costs more than what it gives. */
const digitsOfThisMachine = (): string => randomBytes(2_048).toString('hex');
let moreDigits = digitsOfThisMachine;
let digits = '';

/**
 * Has new traces drawn from the seed of a simulation; from this machine again where nothing is said. It holds for the whole
 * process: a trace also begins where no service's context is at hand. Events carry it, and a deferred one is kept under the
 * hash of all that it carries.
 * @param source gives hexadecimal digits, some more with each call
 */
export function drawTracesFrom(source: () => string = digitsOfThisMachine): void {
  moreDigits = source;
  digits = '';
}

function randomDigits(count: number): string {
  while (digits.length < count) digits += moreDigits();
  const drawn = digits.slice(0, count);
  digits = digits.slice(count);
  return drawn;
}

/** Continues a trace that came from outside; anything that is not a valid `traceparent` starts a new one. */
export const continueTrace = (traceparent: unknown, { requestId, causationId }: TraceOrigin = {}): Trace =>
  isValid(traceparent) ? { traceparent, causationId } : begun(sampled(), { requestId, causationId });

/**
 * Continues a caller's trace. One that brings none is a sidecar with events, each of which has its own, or a probe: what is
 * done for it is not recorded.
 */
export const callersTrace = (traceparent: unknown): Trace => (isValid(traceparent) ? { traceparent } : begun(false));

const isValid = (traceparent: unknown): traceparent is string =>
  typeof traceparent === 'string' && VALID.test(traceparent);

function begun(isRecorded: boolean, { requestId, causationId }: TraceOrigin = {}): Trace {
  const random = randomDigits(48);
  const isUuid = typeof requestId === 'string' && UUID.test(requestId);
  const id = isUuid ? requestId.replaceAll('-', '') : random.slice(16);
  return { traceparent: `00-${id}-${random.slice(0, 16)}-${isRecorded ? '01' : '00'}`, causationId };
}

/** The header in which a service tells another one what causes its call. The gateway takes it from no client. */
export const CAUSATION_HEADER = 'x-causation-id';

const SENDABLE = /^[\x21-\x7e]{1,200}$/;

/** The cause of the work at hand as a header for a call; none where there is no cause that a header can carry. */
export function causationHeader(): Record<string, string> {
  const { causationId = '' } = current.getStore() ?? {};
  return SENDABLE.test(causationId) ? { [CAUSATION_HEADER]: causationId } : {};
}

/** Runs work under a trace, or for a request: its log lines, calls and events carry it. */
export const withTrace = <T>(trace: Trace | Asked, work: () => T): T => current.run(trace, work);

/**
 * Runs work under the trace at hand, and for no request: what is done behind a read, or for several of them, must not end
 * when one client goes or its time is over.
 */
export const withoutClient = <T>(work: () => T): T => withTrace({ traceparent: trace().traceparent }, work);

/** The trace id alone, which log lines and problem answers show as the correlation id. */
export const correlationId = (): string | undefined => traceIdOf(current.getStore()?.traceparent);

/** The trace id in a `traceparent`; undefined where there is none. */
export const traceIdOf = (traceparent: unknown): string | undefined =>
  typeof traceparent === 'string' ? traceparent.split('-')[1] : undefined;

/** The number of the request at hand; undefined where no client asked (an event, the start). */
export const requestId = (): string | undefined => asked()?.requestId;

/** Time and chance for the request at hand; undefined where no client asked. */
export const requestContext = (): Context | undefined => asked()?.context;

/** Aborted when the client that asked for the work at hand is gone; undefined where none asked. */
export const requestSignal = (): AbortSignal | undefined => asked()?.signal;

/**
 * The same for work that changes nothing (GET, HEAD) and may therefore be broken off; undefined for a command, which
 * is finished once it was begun. What several requests share (a read for all that wait) is run `withoutClient`, and so has
 * none.
 */
export const readSignal = (): AbortSignal | undefined => {
  const work = asked();
  return work?.isRead ? work.signal : undefined;
};

const addContext = winston.format((line) => {
  const id = correlationId();
  return id ? Object.assign(line, { traceId: id }) : line;
});

/** Characters of a text in a log line at most, and members of an object or list: what others sent decides no size. */
const LONGEST = 4_000;
const MOST_MEMBERS = 100;

/** What stands in a log line for a value: of a long text its beginning, and how long it is. */
export const shortened = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'string' || value.length <= LONGEST) return value;
  return `${value.slice(0, LONGEST)} ... (${value.length} characters)`;
};

/** JSON lines on standard output, bounded in size; LOG_LEVEL chooses how much (error, warn, info, debug). */
export const log = winston.createLogger({
  level: process.env.LOG_LEVEL ?? 'info',
  defaultMeta: { service: process.env.APP_ID ?? 'madang' },
  format: winston.format.combine(
    addContext(),
    winston.format.timestamp(),
    winston.format.json({ replacer: shortened, maximumBreadth: MOST_MEMBERS, maximumDepth: 10 }),
  ),
  transports: [new winston.transports.Console()],
});

/** The one line of an error that a log needs, with what no client may read. */
export const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { inner } = error as { inner?: unknown };
  return typeof inner === 'string' && inner !== '' ? `${error.message} (${inner})` : error.message;
};
