import { type KitError, StoreRejected, Unavailable } from '../errors.ts';
import type { Answer, Ask } from './ask.ts';

/** A value with the version of it that was read; no `etag`: there is nothing under that key. */
export interface Stored {
  readonly key: string;
  readonly value?: unknown;
  readonly etag?: string;
}

/** Asks for a write that fails if the key exists. */
export const CREATE = Symbol('create only');

/** `etag` undefined: whatever is there is replaced; CREATE: only if nothing is there. */
export interface StateWrite {
  readonly key: string;
  readonly value: unknown;
  readonly etag?: string | typeof CREATE;
  readonly ttlInSeconds?: number;
  /** Deletes what is there; `value` and `etag` are not looked at. */
  readonly remove?: boolean;
}

/** A write over what was read: nothing, or a document with this etag. */
export interface Replacement extends StateWrite {
  readonly etag: string | typeof CREATE;
}

/** Bytes of one transaction at most: the sidecar takes 4 MiB. */
export const LARGEST_TRANSACTION = 3.5 * 1024 * 1024;
/** Characters of a key at most: MySQL has 255, of which the app id takes some. */
export const LONGEST_KEY = 200;

/** How often a write is tried that the store does not take: more would only be a burden on it. */
const WRITES = 3;

/** Of the answers below 500, those that are about the deployment or the moment, not about what was sent. */
const NOT_ABOUT_THE_REQUEST = /ERR_STATE_STORE_NOT_(FOUND|CONFIGURED)/;
/**
 * What an atomic store says of a value or key it can never take. MySQL and MariaDB: data too long (1406), incorrect string
 * (1366), too large a packet (1153, and the driver's own words), too large a row (1118), JSON that is invalid or too deep
 * (3140, 3157, 4025). SQLite: too big.
 */
const FOR_GOOD = /\bError (1406|1366|1153|1118|3140|3157|4025)\b|packet for query is too large|string or blob too big/;

/** The state store of a service, through its sidecar. */
export class StateStore {
  /** How many transactions the store has taken from this process. */
  written = 0;
  private name = '';
  private isRedis = false;

  constructor(private readonly ask: Ask) {}

  /** Says which component it is. */
  use({ name, type }: { name: string; type: string }): void {
    this.name = name;
    this.isRedis = type === 'state.redis';
  }

  /** False on a store that applies the rest of a transaction in which one write was rejected (Redis). */
  get atomic(): boolean {
    return !this.isRedis;
  }

  /** Whether a read of so many documents tells surely which of them are not there: see `readSurely`. */
  tellsAbsence(count: number): boolean {
    return this.isRedis || count === 1;
  }

  /**
   * Reads documents; the answer has every key once, in the order asked for. On MySQL, MariaDB and SQLite one of several may
   * rarely seem not to be there that is: see `readSurely`. Whoever then writes it with CREATE, or comes again, is told.
   * @throws Unavailable, StoreRejected
   */
  async read(keys: readonly string[]): Promise<Stored[]> {
    if (keys.length === 0) return [];
    for (const key of keys) checkKey(key);
    if (keys.length === 1) return [await this.readOne(keys[0]!)];
    const answer = await this.ask('POST', `/v1.0/state/${this.name}/bulk`, { keys, parallelism: 16 });
    if (answer.status >= 300) throw this.failure('reading', answer);
    const found = new Map((parsed(answer) as Item[]).map((item) => [item.key, item]));
    return keys.map((key) => {
      const item = found.get(key);
      if (!item || item.error)
        throw new Unavailable('the store does not answer', `state ${key}: ${item?.error ?? 'no answer'}`);
      return item.etag ? { key, value: item.data, etag: item.etag } : { key };
    });
  }

  private async readOne(key: string): Promise<Stored> {
    const answer = await this.ask('GET', `/v1.0/state/${this.name}/${encodeURIComponent(key)}`);
    if (answer.status === 204) return { key };
    if (answer.status !== 200) throw this.failure('reading', answer);
    return { key, value: parsed(answer), etag: String(answer.headers.etag) };
  }

  /** One write as the text of an operation of a transaction. @throws StoreRejected for a key no store can have */
  operation({ key, value, etag, ttlInSeconds, remove }: StateWrite): string {
    checkKey(key);
    if (remove) return JSON.stringify({ operation: 'delete', request: { key } });
    return JSON.stringify({
      operation: 'upsert',
      request: {
        key,
        value,
        ...(etag === CREATE
          ? this.isRedis
            ? { etag: '2147483647' } // an etag no document ever reaches is the only create-only there (dapr#2739)
            : { options: { concurrency: 'first-write' } }
          : etag === undefined
            ? {}
            : { etag, options: { concurrency: 'first-write' } }),
        ...(ttlInSeconds ? { metadata: { ttlInSeconds: String(ttlInSeconds) } } : {}),
      },
    });
  }

  /**
   * Makes all these writes or none (but see `atomic`).
   * @param operations texts made by `operation`
   * @throws StoreRejected: nothing was written, and never will be; Unavailable: the outcome is to be read, not guessed
   */
  async transaction(operations: readonly string[]): Promise<void> {
    const text = `{"operations":[${operations.join()}]}`;
    checkSize(Buffer.byteLength(text));
    const answer = await this.ask('POST', `/v1.0/state/${this.name}/transaction`, text);
    if (answer.status >= 300) throw this.failure('writing', answer);
    this.written++;
  }

  /**
   * Writes documents in one state transaction.
   * @throws StoreRejected when they can never be written; Unavailable: the outcome is then to be read, not guessed
   */
  async write(writes: readonly StateWrite[]): Promise<void> {
    await this.transaction(writes.map((write) => this.operation(write)));
  }

  /**
   * Like write, for those who look again themselves: false when it failed or its outcome is unknown.
   * @throws StoreRejected, since looking again would never help
   */
  wrote(writes: readonly StateWrite[]): Promise<boolean> {
    return this.write(writes).then(
      () => true,
      (error) => {
        if (error instanceof StoreRejected) throw error;
        return false;
      },
    );
  }

  /**
   * Writes one document over the one that was read, and tries that a few times.
   * @returns false: another one lies there by now, perhaps this one, whose outcome nobody knows; who looks again knows more
   * @throws StoreRejected; Unavailable where all is as it was: the store does not take it
   */
  async replaced(write: Replacement): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        await this.write([write]);
        return true;
      } catch (error) {
        if (error instanceof StoreRejected) throw error;
        const [there] = await this.read([write.key]);
        if ((there?.etag ?? CREATE) !== write.etag) return false;
        if (tries === WRITES) throw error;
      }
    }
  }

  private failure(doing: string, { status, body }: Answer): KitError {
    const inner = `${doing}: ${status} ${body.slice(0, 300)}`;
    const aboutIt = [400, 413, 414, 415, 422].includes(status) && !NOT_ABOUT_THE_REQUEST.test(body);
    // Redis may have applied the rest of what it refuses, so there only what never reached it is known to be undone.
    return aboutIt || (status >= 500 && this.atomic && FOR_GOOD.test(body))
      ? new StoreRejected('the store cannot keep this: it is too large, or has something no store can hold', inner)
      : new Unavailable('the store did not do it', inner, true);
  }
}

/** @throws StoreRejected when so many bytes are more than the sidecar takes at once */
export function checkSize(bytes: number): void {
  if (bytes > LARGEST_TRANSACTION)
    throw new StoreRejected('this is too large to be stored', `${bytes} bytes of ${LARGEST_TRANSACTION}`);
}

/** @throws StoreRejected for a key that no store can have */
export function checkKey(key: string): void {
  if (key === '' || key.length > LONGEST_KEY || key.includes('||'))
    throw new StoreRejected('this cannot be stored under such a key', `key ${JSON.stringify(key.slice(0, 300))}`);
}

/** What is said of one of several documents. */
interface Item {
  readonly key: string;
  readonly data?: unknown;
  readonly etag?: string;
  readonly error?: string;
}

function parsed({ body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Unavailable('the store does not answer', 'reading: the answer is no JSON');
  }
}
