import { createHash } from 'node:crypto';
import { CREATE, type Sidecar, type Stored } from '../dapr/sidecar.ts';
import type { Aggregate, Identified } from '../domain/aggregate.ts';
import { Unavailable } from '../errors.ts';
import { together } from './turns.ts';

/** Numbers of records in one list page: those of this many consecutive numbers. */
const PAGE = 256;

/**
 * Lists which records have a value in a `listBy` field: a directory of pages, and pages of numbers, written before the
 * record. A list may name what does not exist, and never misses what does, but for what its key finds already.
 * Additions to the same page that wait for each other share a write.
 */
export class Lists {
  private readonly append = together((key: string, numbers: readonly number[]) => this.write(key, numbers));

  constructor(private readonly sidecar: Sidecar) {}

  /** Enters a new record under `key` into the lists of its kind. */
  async add<S extends Identified>(kind: Aggregate<S>, state: S, isKey: (field: string) => boolean): Promise<void> {
    for (const field of kind.listBy ?? []) {
      if (isKey(field) || state[field] === undefined) continue;
      const list = listKey(kind.name, field, String(state[field]));
      const page = Math.floor(state.id / PAGE);
      await this.append(`${list}-${page}`, state.id);
      await this.append(list, page);
    }
  }

  /** The numbers of the records that may have this value, ascending. */
  async of(kind: string, field: string, value: string): Promise<number[]> {
    const list = listKey(kind, field, value);
    const pages = (await this.sidecar.read([list])).flatMap(numbersOf).sort((a, b) => a - b);
    const numbers = await this.sidecar.read(pages.map((page) => `${list}-${page}`));
    return numbers.flatMap(numbersOf).sort((a, b) => a - b);
  }

  private async write(key: string, numbers: readonly number[]): Promise<void> {
    for (let tries = 0; tries < 30; tries++) {
      const [stored] = await this.sidecar.read([key]);
      const present = new Set(numbersOf(stored!));
      if (numbers.every((number) => present.has(number))) return;
      const value = [...new Set([...present, ...numbers])];
      if (await this.sidecar.wrote([{ key, value, etag: stored?.etag ?? CREATE }])) return;
    }
    throw new Unavailable(`the list ${key} is changed by too many at once`);
  }
}

const numbersOf = ({ value }: Stored): number[] => (value as number[] | undefined) ?? [];
const listKey = (kind: string, field: string, value: string): string => `${kind}-by-${field}-${keyPart(value)}`;

/** A value as part of a key: as it is, or, where a store would not take it (Dapr allows no `||`, MySQL 255 characters), its hash. */
export const keyPart = (value: string | number): string =>
  /^[\w./:-]{1,100}$/.test(String(value))
    ? String(value)
    : createHash('sha256').update(String(value)).digest('base64url');
