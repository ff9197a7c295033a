import { byBytes, sixDigits, throughSidecar } from './json.ts';

/** The stores that Madang runs on. */
export type StoreKind = 'redis' | 'mysql' | 'sqlite';

/** One write of a state request, its key with the app's prefix. */
export interface StateOperation {
  readonly operation: 'upsert' | 'delete';
  readonly key: string;
  readonly value: unknown;
  readonly etag: string | undefined;
  readonly firstWrite: boolean;
  /** As the request has it. */
  readonly ttl: string | undefined;
}

/** What the store says no to; `invalid` and `mismatch` concern the ETag. */
export class StoreError extends Error {
  constructor(
    readonly kind: 'mismatch' | 'invalid' | 'other',
    message: string,
  ) {
    super(message);
  }
}

interface Row {
  /** JSON text. */
  readonly value: string;
  readonly etag: string;
  /** Redis: made by a single save with first-write, which goes on protecting it. */
  readonly firstWrite: boolean;
  /** Milliseconds of the clock. */
  readonly expires: number | undefined;
}

const MISMATCH = 'possible etag mismatch. error from state store';
/** The column `id` of the table that Dapr makes on MySQL. */
const LONGEST_MYSQL_KEY = 255;
/** How often MySQL's component deletes what has expired. */
const MYSQL_CLEANUP_MS = 3_600_000;
/** Names of Dapr's Lua scripts in Redis: their SHA-1. */
const SET_SCRIPT = 'd908b9553add63a82e03589b5c6d01a7654ef0f2';
const DELETE_SCRIPT = '2446db0de2c963f100727b388f03ead01d18c265';

/**
 * One database behind state components: what daprd with its component of this kind makes of it, seen in its
 * sources and checked against the real ones by the conformance suite.
 */
export class MemoryStore {
  private readonly rows = new Map<string, Row>();
  private writes = 0;
  private readonly made: number;

  /** @param now milliseconds, for expiry */
  constructor(
    readonly kind: StoreKind,
    private readonly now: () => number,
  ) {
    this.made = now();
  }

  get(key: string): Row | undefined {
    const row = this.rows.get(key);
    return row && (row.expires === undefined || row.expires > this.now()) ? row : undefined;
  }

  /**
   * Redis answers in the order asked for; SQL in the order of its index, then what is missing, and empty items for keys
   * that were asked for twice.
   */
  bulkGet(keys: readonly string[]): { key: string; row: Row | undefined }[] {
    const all = keys.map((key) => ({ key, row: this.get(key) }));
    if (this.kind === 'redis') return all;
    const found = new Map(all.filter(({ row }) => row).map((item) => [item.key, item]));
    const items = [...[...found.values()].sort((a, b) => byBytes(a.key, b.key)), ...all.filter(({ row }) => !row)];
    return keys.map((_, index) => items[index] ?? { key: '', row: undefined });
  }

  /** @throws StoreError */
  apply(operation: StateOperation): void {
    check(this.kind, operation);
    const refusal = this.tryApply(operation, false);
    if (refusal) throw refusal;
  }

  /**
   * A state transaction. SQL: all or nothing. Redis runs every command of a MULTI, also after one that failed.
   * @throws StoreError the first that was refused
   */
  transact(operations: readonly StateOperation[]): void {
    if (this.kind === 'redis') {
      for (const operation of operations) check(this.kind, operation);
      const refusals = operations.map((operation) => this.tryApply(operation, true));
      const first = refusals.find((refusal) => refusal !== undefined);
      if (first) throw first;
      return;
    }
    const before = operations.map(({ key }) => [key, this.rows.get(key)] as const);
    try {
      for (const operation of operations) {
        check(this.kind, operation);
        const refusal = this.tryApply(operation, true);
        if (refusal) throw refusal;
      }
    } catch (error) {
      for (const [key, row] of before)
        if (row) this.rows.set(key, row);
        else this.rows.delete(key);
      throw error;
    }
  }

  /** Every key with its value as JSON text, for tests to look at. */
  *entries(): Iterable<[string, string]> {
    for (const key of this.rows.keys()) {
      const row = this.get(key);
      if (row) yield [key, row.value];
    }
  }

  private tryApply(operation: StateOperation, inTransaction: boolean): StoreError | undefined {
    const kept = this.get(operation.key);
    return this.kind === 'redis' ? this.applyRedis(operation, kept, inTransaction) : this.applySql(operation, kept);
  }

  /** The Lua scripts of Dapr's Redis component. */
  private applyRedis(operation: StateOperation, kept: Row | undefined, inTransaction: boolean): StoreError | undefined {
    const { key } = operation;
    const refused = (line: number, doing: string, script: string): StoreError => {
      const text = `ERR user_script:${line}: failed to ${doing}${key} script: ${script}, on @user_script:${line}.`;
      if (inTransaction) return new StoreError('other', text);
      if (operation.etag) return new StoreError('mismatch', `${MISMATCH}: ${text}`);
      return new StoreError('other', `failed to set key ${key}: ${text}`);
    };
    if (operation.operation === 'delete') {
      const version = operation.etag || '0';
      if (kept && kept.etag !== version && version !== '0') return refused(6, 'delete ', DELETE_SCRIPT);
      this.rows.delete(key);
      return undefined;
    }
    const version = redisVersion(operation.etag);
    // EXPIRE follows the script as a command of its own, whether it was refused or not; without one the old expiry stays.
    const expires = operation.ttl === undefined ? kept?.expires : this.expiry(operation.ttl);
    if (kept && kept.etag !== version && (kept.firstWrite || version !== '0')) {
      if (inTransaction) this.rows.set(key, { ...kept, expires });
      return refused(14, 'set key ', SET_SCRIPT);
    }
    // A transaction does not hand the option first-write to the script.
    const firstWrite = (kept?.firstWrite ?? false) || (operation.firstWrite && !inTransaction);
    const value = throughSidecar(operation.value, sixDigits);
    this.rows.set(key, { value, etag: String(Number(kept?.etag ?? 0) + 1), firstWrite, expires });
    return undefined;
  }

  private applySql(operation: StateOperation, kept: Row | undefined): StoreError | undefined {
    const { key, etag, ttl } = operation;
    if (operation.operation === 'delete') {
      if (etag && kept?.etag !== etag) return new StoreError('mismatch', MISMATCH);
      this.rows.delete(key);
      return undefined;
    }
    const creating = !etag && operation.firstWrite;
    if ((etag && kept?.etag !== etag) || (creating && kept))
      return new StoreError(
        'mismatch',
        this.kind === 'mysql' ? `${MISMATCH}: rows affected error: no rows match given key and eTag` : MISMATCH,
      );
    if (this.kind === 'mysql') {
      if ([...key].length > LONGEST_MYSQL_KEY)
        return new StoreError('other', "Error 1406 (22001): Data too long for column 'id' at row 1");
      // What has expired is still in the table until it is cleaned up, where only an INSERT sees it.
      if (creating && this.isLeftOver(key))
        return new StoreError('other', `Error 1062 (23000): Duplicate entry '${key}' for key 'PRIMARY'`);
    }
    const expires = ttl === undefined ? undefined : this.expiry(ttl);
    this.rows.set(key, { value: throughSidecar(operation.value), etag: this.nextEtag(), firstWrite: false, expires });
    return undefined;
  }

  private expiry(ttl: string): number | undefined {
    return Number(ttl) > 0 ? this.now() + Number(ttl) * 1000 : undefined;
  }

  private isLeftOver(key: string): boolean {
    const expires = this.rows.get(key)?.expires;
    if (expires === undefined) return false;
    const cleanups = Math.ceil((expires - this.made) / MYSQL_CLEANUP_MS);
    return this.now() < this.made + cleanups * MYSQL_CLEANUP_MS;
  }

  /** Looks like the UUID of a real one, and is the same for the same sequence of calls. */
  private nextEtag(): string {
    this.writes += 1;
    return `00000000-0000-4000-8000-${this.writes.toString(16).padStart(12, '0')}`;
  }
}

/** What a component reads of a write before it asks its database. @throws StoreError */
function check(kind: StoreKind, { operation, etag, ttl }: StateOperation): void {
  if (operation === 'delete') return;
  if (kind === 'redis') redisVersion(etag);
  if (ttl === undefined || /^[+-]?\d+$/.test(ttl)) return;
  const why = `strconv.ParseInt: parsing ${JSON.stringify(ttl)}: invalid syntax`;
  throw new StoreError(
    'other',
    kind === 'redis'
      ? `failed to parse ttl from metadata: ${why}`
      : `error parsing TTL: incorrect value for metadata 'ttlInSeconds': ${why}`,
  );
}

/** The version a Redis script compares with; "0" is none. */
function redisVersion(etag: string | undefined): string {
  if (!etag) return '0';
  if (!/^[+-]?\d+$/.test(etag))
    throw new StoreError(
      'invalid',
      `invalid etag value: strconv.Atoi: parsing ${JSON.stringify(etag)}: invalid syntax`,
    );
  return String(Number(etag));
}
