/**
 * Errors by the boundary they come from, not by their JavaScript type (docs/decisions/0016-errors.md).
 * Each has a `name` and a stable `code`, and says whether the same thing may succeed later (`retryable`) and whether it
 * may have happened all the same (`outcome`). What a client may read is in `message`; store addresses, sidecar texts and
 * other inner words belong into `inner`, which is logged and never sent.
 */
export abstract class KitError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
  readonly outcome: 'none' | 'unknown' = 'none';
  /** For the log alone. */
  readonly inner: string;

  constructor(message: string, inner = '') {
    super(message);
    this.inner = inner;
    this.name = new.target.name;
  }
}

/** More fields are counted, and longer names cut: what is sent back must not grow with what was sent. */
const MOST_NAMED = 20;
const LONGEST_NAME = 100;

/** A request says what cannot be meant: the client's 400, which names the fields, at most 20 of them. */
export class InvalidInput extends KitError {
  readonly code = 'INVALID_INPUT';
  readonly retryable = false;
  readonly errors: readonly { readonly field: string; readonly message: string }[];

  constructor(all: readonly { readonly field: string; readonly message: string }[]) {
    const errors = all.slice(0, MOST_NAMED).map(({ field, message }) => ({ field: cut(field), message }));
    const more = all.length > MOST_NAMED ? [`${all.length - MOST_NAMED} more are wrong`] : [];
    super([...errors.map(({ field, message }) => `${field} ${message}`), ...more].join('; '));
    this.errors = errors;
  }
}

const cut = (name: string): string =>
  name.length <= LONGEST_NAME ? name : `${[...name.slice(0, 2 * LONGEST_NAME)].slice(0, LONGEST_NAME).join('')}...`;

/** Whoever asked is gone: what was only for him ends here, and nobody is answered. */
export class ClientGone extends KitError {
  readonly code = 'CLIENT_GONE';
  readonly retryable = false;
  constructor() {
    super('the client is gone');
  }
}

/** The sidecar, store or broker did not do it now; whether it happened is unknown unless a subclass knows better. */
export class Unavailable extends KitError {
  readonly code: string = 'UNAVAILABLE';
  readonly retryable: boolean = true;
  override readonly outcome: 'none' | 'unknown' = 'unknown';
  readonly retryAfterSeconds: number = 1;

  /** @param answered the one that was asked answered that it failed; false: it did not answer at all */
  constructor(
    message: string,
    inner = '',
    readonly answered = false,
  ) {
    super(message, inner);
  }
}

/** There is no room now for one more (ring, queue, places in flight). Nothing was begun. */
export class Overloaded extends Unavailable {
  override readonly code: string = 'OVERLOADED';
  override readonly outcome = 'none' as const;
}

/**
 * The store or the sidecar refuses this for good (too large, a key it cannot have): trying again changes nothing.
 * Nothing of it was done.
 */
export class StoreRejected extends KitError {
  readonly code = 'STORE_REJECTED';
  readonly retryable = false;
}

/** The broker or the sidecar refuses these events for good, as they are. */
export class PublishRejected extends KitError {
  readonly code = 'PUBLISH_REJECTED';
  readonly retryable = false;
}

/** A callee was not there, too slow, or shielded by an open breaker. */
export class CalleeUnavailable extends Unavailable {
  override readonly code: string = 'CALLEE_UNAVAILABLE';
  override readonly outcome: 'none' | 'unknown';
  override readonly retryAfterSeconds: number;
  constructor(
    readonly callee: string,
    readonly why: 'open' | 'timeout' | 'down' | 'nonsense',
    /** False when the callee surely saw nothing of the call. */
    readonly reached: boolean,
    inner = '',
  ) {
    super(
      `${callee} ${{ open: 'is being spared (circuit breaker open)', timeout: 'is too slow', down: 'is down', nonsense: 'does not answer as agreed' }[why]}`,
      inner,
    );
    this.outcome = reached ? 'unknown' : 'none';
    this.retryAfterSeconds = why === 'open' ? 5 : 1;
  }
}

/** A callee answered with another shape than agreed: its fault, never the client's. Trying again may help (a rolling upgrade). */
export class CalleeProtocolError extends CalleeUnavailable {
  override readonly code = 'CALLEE_PROTOCOL';
  constructor(callee: string, inner: string) {
    super(callee, 'nonsense', true, inner);
  }
}

/** An event that cannot be understood, however often it comes: a dead letter. */
export class EventUnreadable extends KitError {
  readonly code = 'EVENT_UNREADABLE';
  readonly retryable = false;
}

/** The prerequisite of a policy has not arrived yet: the event waits, bounded, and holds up nobody. */
export class NotYet extends KitError {
  readonly code = 'NOT_YET';
  readonly retryable = true;
}

/** Our own state or event breaks its own rules: a defect of this service. */
export class InvariantBroken extends KitError {
  readonly code = 'INVARIANT_BROKEN';
  readonly retryable = false;
}
