import type { Sidecar, StateWrite, Stored } from '../dapr/sidecar.ts';
import { readSurely } from '../dapr/sure-read.ts';
import { aggregate, type Identified } from '../domain/aggregate.ts';
import { StoreRejected } from '../errors.ts';
import { naturalKey, type Records } from '../persistence/records.ts';
import type { Document } from '../persistence/unit-of-work.ts';
import type { DeferralCause } from './failure.ts';

/** An event that could not be handled yet, is acknowledged to the broker, and is tried again by the service itself. */
export interface Deferred extends Identified {
  /** Hash of the event's content. */
  readonly key: string;
  readonly consumer: string;
  readonly reason: string;
  readonly cause: DeferralCause;
  readonly callee?: string;
  /** When it was first deferred, when for this cause, and when it is tried next (ISO 8601). */
  readonly since: string;
  readonly causeSince: string;
  readonly next: string;
  readonly attempts: number;
  readonly causeAttempts: number;
  /** The instance that tries it. */
  readonly owner: string;
  /** Places of the reactions that took effect already. */
  readonly done: readonly string[];
  readonly event: Readonly<Record<string, unknown>>;
}
/** The records of deferred events, one for the content of each. */
export const Deferred = aggregate<Deferred>('Deferred', { keyedBy: 'key' });

/** What is known of a deferred event without reading it. */
export interface Pointer {
  readonly at: string;
  readonly id: number;
  readonly owner: string;
  readonly since: string;
  readonly next: string;
  readonly callee?: string;
}

const LOW = 'deferred-low';
const OWNERS = 'deferred-owners';
const CHUNK = 250;
/** Numbers read in one look at most; the next one goes on behind them. */
const CHUNKS = 40;
/** An empty range of numbers is passed for good after this long: a block of numbers may still be in use by another instance. */
const SETTLED_MS = 3_600_000;
/** Characters of documents in one write. */
const TOGETHER = 1024 * 1024;

/**
 * Deferred events in the store: a document under the hash of the event, and a small pointer under its number, both deleted
 * when it is over. Numbers below a low-water mark are gone, so looking for what is left reads only what may be there.
 */
export class DeferredStore {
  private low = 1;
  private readonly emptySince = new Map<number, number>();

  constructor(
    private readonly sidecar: Sidecar,
    private readonly records: Records,
  ) {}

  /**
   * Keeps these; one that is kept already stays as it is.
   * @returns for each what stands in the store, or StoreRejected where the store refuses it for good
   * @throws Unavailable
   */
  async keep(drafts: readonly Omit<Deferred, 'id'>[]): Promise<(Deferred | StoreRejected)[]> {
    const known = await this.load(drafts.map(({ key }) => naturalKey(Deferred, key)));
    const all: (Deferred | StoreRejected)[] = [];
    for (const [index, draft] of drafts.entries())
      all.push(known[index] ?? { ...draft, id: await this.records.ids.next(Deferred.name, this.low) });
    let group: number[] = [];
    let size = 0;
    const flush = async (): Promise<void> => {
      for (const [place, error] of await this.write(group.map((index) => all[index] as Deferred)))
        all[group[place]!] = error;
      group = [];
      size = 0;
    };
    for (const index of all.keys()) {
      group.push(index);
      size += JSON.stringify(drafts[index]!.event).length;
      if (size > TOGETHER) await flush();
    }
    if (group.length > 0) await flush();
    return all;
  }

  async save(deferred: Deferred): Promise<void> {
    await this.sidecar.write(writesOf(deferred));
  }

  /** Deletes it; without `key` only its number, where that leads to nothing. */
  async remove({ id, key }: { readonly id: number; readonly key?: string }): Promise<void> {
    const keys = [pointerKey(id), ...(key === undefined ? [] : [naturalKey(Deferred, key)])];
    await this.sidecar.write(keys.map((at) => ({ key: at, value: undefined, remove: true })));
  }

  /** The deferred events in these documents. */
  async load(keys: readonly string[]): Promise<(Deferred | undefined)[]> {
    return deferredIn(keys, await this.sidecar.read([...new Set(keys)]));
  }

  async byNumber(id: number): Promise<Deferred | undefined> {
    const [stored] = await this.sidecar.read([pointerKey(id)]);
    const at = (stored?.value as Pointer | undefined)?.at;
    return at === undefined ? undefined : (await this.load([at]))[0];
  }

  /** Those with numbers from `from` on, ascending; `next`: from where there may be more. */
  async page(from: number, size: number): Promise<{ items: Deferred[]; next: number | undefined }> {
    const { found, end, more } = await this.pointers(from, undefined, size);
    const shown = found.filter(({ id }) => id >= from).slice(0, size);
    const keys = shown.map(({ at }) => at);
    const loaded = deferredIn(keys, await readSurely(this.sidecar.state, [...new Set(keys)]));
    const beyond = found.find(({ id }) => id > (shown.at(-1)?.id ?? 0));
    return {
      items: loaded.flatMap((one, index) => (one && one.id === shown[index]!.id ? [one] : [])),
      next: beyond?.id ?? (more ? end : undefined),
    };
  }

  /**
   * Pointers with numbers from `first` on, ascending, `end`: the number behind the last that was looked at, `more`: whether
   * there may be others behind it.
   * @param now the time, for a look that is one of many
   */
  async pointers(
    first: number,
    now?: number,
    enough = Number.POSITIVE_INFINITY,
  ): Promise<{ found: Pointer[]; end: number; more: boolean }> {
    const [stored] = await this.sidecar.read([LOW]);
    this.low = Math.max(this.low, (stored?.value as { low: number } | undefined)?.low ?? 1);
    const before = this.low;
    const last = await this.records.ids.end(Deferred.name);
    const found: Pointer[] = [];
    let from = Math.max(first, this.low);
    for (let chunks = 0; from < last && chunks < CHUNKS && found.length <= enough; chunks++, from += CHUNK) {
      const to = Math.min(from + CHUNK, last);
      const keys = Array.from({ length: to - from }, (_, index) => pointerKey(from + index));
      // What seems to be gone is found by the next look; a page has none.
      const read = await (now === undefined ? readSurely(this.sidecar.state, keys) : this.sidecar.read(keys));
      const there = read.flatMap(({ value }) => (value ? [value as Pointer] : []));
      found.push(...there);
      if (now === undefined) continue;
      if (there.length === 0 && to - from === CHUNK) this.passEmpty(from, now);
      else this.emptySince.delete(from);
    }
    if (this.low > before) await this.sidecar.write([{ key: LOW, value: { low: this.low } }]);
    return { found, end: Math.min(from, last), more: from < last };
  }

  private passEmpty(from: number, now: number): void {
    const since = this.emptySince.get(from) ?? now;
    this.emptySince.set(from, since);
    if (from !== this.low || now - since < SETTLED_MS) return;
    this.emptySince.delete(from);
    this.low = from + CHUNK;
  }

  /** Says that an instance looks after its deferred events until `until`; answers who does (milliseconds since 1970). */
  async owners(instance: string, now: number, until: number | undefined): Promise<Record<string, number>> {
    const [stored] = await this.sidecar.read([OWNERS]);
    const owners = { ...(stored?.value as Record<string, number> | undefined) };
    for (const [owner, end] of Object.entries(owners)) if (end < now) delete owners[owner];
    if (until !== undefined) owners[instance] = until;
    // Written over what another instance writes at the same moment, which is then said again with its next look.
    if (until !== undefined) await this.sidecar.write([{ key: OWNERS, value: owners }]);
    return owners;
  }

  private async write(group: readonly Deferred[]): Promise<[place: number, StoreRejected][]> {
    try {
      await this.sidecar.write(group.flatMap(writesOf));
      return [];
    } catch (error) {
      if (!(error instanceof StoreRejected)) throw error;
      if (group.length === 1) return [[0, error]];
    }
    const refused: [number, StoreRejected][] = [];
    for (const [place, one] of group.entries())
      for (const [, error] of await this.write([one])) refused.push([place, error]);
    return refused;
  }
}

const pointerKey = (id: number): string => `${Deferred.name}-${id}`;

function writesOf(state: Deferred): StateWrite[] {
  const at = naturalKey(Deferred, state.key);
  const { id, owner, since, next, callee } = state;
  const document: Document = { id, state, version: state.attempts, causes: [] };
  const pointer: Pointer = { at, id, owner, since, next, ...(callee === undefined ? {} : { callee }) };
  return [
    { key: at, value: document },
    { key: pointerKey(id), value: pointer },
  ];
}

function deferredIn(keys: readonly string[], stored: readonly Stored[]): (Deferred | undefined)[] {
  const documents = new Map(stored.map(({ key, value }) => [key, value as Document]));
  return keys.map((key) => (documents.get(key)?.state ?? undefined) as Deferred | undefined);
}
