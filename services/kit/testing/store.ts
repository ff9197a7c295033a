import { byBytes } from './json.ts';

/** The stores that Madang runs on. */
export type StoreKind = 'redis' | 'mysql' | 'sqlite';

/** One write of a state request, its key with the app's prefix. */
export interface StateOperation {
  readonly operation: 'upsert' | 'delete';
  readonly key: string;
  /** The value as JSON text. */
  readonly value: string;
  readonly etag: string | undefined;
  readonly firstWrite: boolean;
  readonly ttlSeconds: number | undefined;
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
  readonly value: string;
  readonly etag: string;
  readonly firstWrite: boolean;
  /** Milliseconds of the clock. */
  readonly expires: number | undefined;
}

const MISMATCH = 'possible etag mismatch. error from state store';
/** The column `id` of the table that Dapr makes on MySQL. */
const LONGEST_MYSQL_KEY = 255;

/**
 * One database behind state components: what daprd 1.18.2 with its component of this kind makes of it, seen in its
 * sources and checked against the real ones by the conformance suite.
 */
export class MemoryStore {
  private rows = new Map<string, Row>();
  private writes = 0;

  /** @param now milliseconds, for expiry */
  constructor(
    readonly kind: StoreKind,
    private readonly now: () => number,
  ) {}

  get(key: string): Row | undefined {
    const row = this.rows.get(key);
    return row && (row.expires === undefined || row.expires > this.now()) ? row : undefined;
  }

  /** Redis answers in the order asked for; SQL in the order of its index, then what is missing. */
  bulkGet(keys: readonly string[]): { key: string; row: Row | undefined }[] {
    const all = keys.map((key) => ({ key, row: this.get(key) }));
    if (this.kind === 'redis') return all;
    const found = new Map(all.filter(({ row }) => row).map((item) => [item.key, item]));
    const missing = all.filter(({ row }) => !row);
    return [...[...found.values()].sort((a, b) => byBytes(a.key, b.key)), ...missing];
  }

  /** @throws StoreError */
  apply(operation: StateOperation): void {
    const refusal = this.tryApply(operation, false);
    if (refusal) throw refusal;
  }

  /**
   * A state transaction. SQL: all or nothing. Redis runs every command of a MULTI, also after one that failed.
   * @throws StoreError the first that was refused
   */
  transact(operations: readonly StateOperation[]): void {
    if (this.kind === 'redis') {
      for (const { etag, operation } of operations) if (operation === 'upsert') redisVersion(etag);
      const refusals = operations.map((operation) => this.tryApply(operation, true));
      const first = refusals.find((refusal) => refusal !== undefined);
      if (first) throw first;
      return;
    }
    const before = new Map(this.rows);
    for (const operation of operations) {
      const refusal = this.tryApply(operation, true);
      if (!refusal) continue;
      this.rows = before;
      throw refusal;
    }
  }

  /** Every key with its value, for tests to look at. */
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
    const { key, value, ttlSeconds } = operation;
    const refused = (doing: string): StoreError => {
      const text = `ERR user_script:14: failed to ${doing}${key} script: on @user_script:14.`;
      if (inTransaction) return new StoreError('other', text);
      if (operation.etag) return new StoreError('mismatch', `${MISMATCH}: ${text}`);
      return new StoreError('other', `failed to set key ${key}: ${text}`);
    };
    if (operation.operation === 'delete') {
      const version = operation.etag || '0';
      if (kept && kept.etag !== version && version !== '0') return refused('delete ');
      this.rows.delete(key);
      return undefined;
    }
    const version = redisVersion(operation.etag);
    // EXPIRE follows the script as a command of its own, whether it was refused or not; without one the old expiry stays.
    const expires =
      ttlSeconds === undefined ? kept?.expires : ttlSeconds > 0 ? this.now() + ttlSeconds * 1000 : undefined;
    if (kept && kept.etag !== version && (kept.firstWrite || version !== '0')) {
      if (inTransaction) this.rows.set(key, { ...kept, expires });
      return refused('set key ');
    }
    // A transaction does not hand the wish for first-write to the script.
    const firstWrite = (kept?.firstWrite ?? false) || (operation.firstWrite && !inTransaction);
    this.rows.set(key, { value, etag: String(Number(kept?.etag ?? 0) + 1), firstWrite, expires });
    return undefined;
  }

  private applySql(operation: StateOperation, kept: Row | undefined): StoreError | undefined {
    const { key, value, etag, ttlSeconds } = operation;
    if (operation.operation === 'delete') {
      if (etag && kept?.etag !== etag) return new StoreError('mismatch', MISMATCH);
      this.rows.delete(key);
      return undefined;
    }
    if ((etag && kept?.etag !== etag) || (!etag && operation.firstWrite && kept))
      return new StoreError(
        'mismatch',
        this.kind === 'mysql' ? `${MISMATCH}: rows affected error: no rows match given key and eTag` : MISMATCH,
      );
    if (this.kind === 'mysql' && [...key].length > LONGEST_MYSQL_KEY)
      return new StoreError('other', "Error 1406 (22001): Data too long for column 'id' at row 1");
    const expires = ttlSeconds && ttlSeconds > 0 ? this.now() + ttlSeconds * 1000 : undefined;
    this.rows.set(key, { value, etag: this.nextEtag(), firstWrite: false, expires });
    return undefined;
  }

  /** Looks like the UUID of a real one, and is the same for the same sequence of calls. */
  private nextEtag(): string {
    this.writes += 1;
    return `00000000-0000-4000-8000-${this.writes.toString(16).padStart(12, '0')}`;
  }
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
