import type { Aggregate, Identified } from './domain.ts';
import { CREATE, type Sidecar, Unavailable } from './sidecar.ts';

/** Numbers of records in one list page: those of this many consecutive numbers. */
const PAGE = 256;

interface Adding {
  readonly ids: Set<number>;
  done: Promise<void>;
}

const adding = new WeakMap<Sidecar, Map<string, Adding>>();

/**
 * Lists which records have a value in a `listBy` field: a directory of pages, and pages of numbers, written before the
 * record. A list may name what does not exist, and never misses what does, but for what its key finds already. Additions to the same page that wait for
 * each other share a write.
 */
export async function addToLists<S extends Identified>(
  sidecar: Sidecar,
  kind: Aggregate<S>,
  state: S | null,
  isKey: (field: string, value: string) => boolean,
): Promise<void> {
  if (!state) return;
  for (const field of kind.listBy ?? []) {
    if (isKey(field, String(state[field]))) continue;
    const list = listKey(kind.name, field, String(state[field]));
    const page = Math.floor(state.id / PAGE);
    await append(sidecar, `${list}-${page}`, state.id);
    await append(sidecar, list, page);
  }
}

/** The numbers of the records that may have this value. */
export async function listed(sidecar: Sidecar, kind: string, field: string, value: string): Promise<number[]> {
  const list = listKey(kind, field, value);
  const numbersOf = (stored: { value?: unknown } | undefined): number[] =>
    (stored?.value as number[] | undefined) ?? [];
  const pages = numbersOf((await sidecar.read([list]))[0]).sort((a, b) => a - b);
  const numbers = await sidecar.read(pages.map((page) => `${list}-${page}`));
  return numbers.flatMap(numbersOf).sort((a, b) => a - b);
}

const listKey = (kind: string, field: string, value: string): string => `${kind}-by-${field}-${value}`;

function append(sidecar: Sidecar, key: string, number: number): Promise<void> {
  const waiting = adding.get(sidecar) ?? new Map<string, Adding>();
  adding.set(sidecar, waiting);
  const next = waiting.get(key);
  if (next) {
    next.ids.add(number);
    return next.done;
  }
  const mine: Adding = { ids: new Set([number]), done: Promise.resolve() };
  const before = running.get(waiting)?.get(key) ?? Promise.resolve();
  waiting.set(key, mine);
  mine.done = before
    .catch(() => undefined)
    .then(() => {
      waiting.delete(key);
      return write(sidecar, key, mine.ids);
    });
  const runs = running.get(waiting) ?? new Map<string, Promise<void>>();
  running.set(waiting, runs.set(key, mine.done));
  return mine.done;
}

const running = new WeakMap<Map<string, Adding>, Map<string, Promise<void>>>();

async function write(sidecar: Sidecar, key: string, numbers: ReadonlySet<number>): Promise<void> {
  for (let tries = 0; tries < 30; tries++) {
    const [stored] = await sidecar.read([key]);
    const present = new Set((stored?.value as number[] | undefined) ?? []);
    if ([...numbers].every((number) => present.has(number))) return;
    for (const number of numbers) present.add(number);
    const won = await sidecar.write([{ key, value: [...present], etag: stored?.etag ?? CREATE }]).then(
      () => true,
      () => false,
    );
    if (won) return;
  }
  throw new Unavailable(`the list ${key} is changed by too many at once`);
}
