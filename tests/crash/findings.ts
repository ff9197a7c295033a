import { isDeepStrictEqual } from 'node:util';
import type { Row } from '../harness/collection.ts';
import type { Document, PublishedEvent, Snapshot } from './snapshot.ts';

/** What is wrong, with the key of the document or the words by which logs can be searched. */
export interface Violation {
  readonly about: string;
  readonly what: string;
}

/**
 * Compares what there is of a system with what its clients were answered. What holds in every system is looked at
 * first: an event has one content, stems from a change that stands in the store, and its document tells exactly
 * what its state says; a number belongs to one record; nothing became a dead letter.
 */
export class Findings {
  readonly violations: Violation[] = [];
  /** Every event once, by its id. */
  readonly events = new Map<string, PublishedEvent>();
  private readonly byDocument = new Map<string, PublishedEvent[]>();

  constructor(readonly snapshot: Snapshot) {
    const { documents, published } = snapshot;
    for (const event of published) {
      const before = this.events.get(event.id);
      // By value: a record that is read from a store again has its fields in another order, also within fields.
      if (before && !isDeepStrictEqual(before.data, event.data)) {
        const [one, other] = [before, event].map(({ data }) => JSON.stringify(data));
        this.wrong(event.id, `was published twice with different content: ${one} and ${other}`);
      }
      this.events.set(event.id, event);
    }
    for (const event of this.events.values()) {
      const [, key = '', version = ''] = /^(.+)\/(\d+)\.\d+$/.exec(event.id) ?? [];
      const document = documents.get(key);
      if (!document) this.wrong(event.id, `${event.type} was published of a document that does not exist`);
      else if (Number(version) > document.version)
        this.wrong(
          event.id,
          `${event.type} was published of version ${version}, and the document has ${document.version}`,
        );
      this.byDocument.set(key, [...(this.byDocument.get(key) ?? []), event]);
    }
    const numbers = new Map<string, string>();
    for (const [key, document] of documents) {
      const [, app = '', kind = ''] = /^([a-z-]+)\/([A-Za-z]+)-/.exec(key) ?? [];
      if (typeof document?.version !== 'number' || !document.id) continue;
      const number = `${app} ${kind} ${document.id}`;
      if (numbers.has(number)) this.wrong(key, `has the number of ${numbers.get(number)}`);
      numbers.set(number, key);
      if (kind === 'DeadLetter') this.wrong(key, `a dead letter: ${JSON.stringify(document.state)}`);
    }
  }

  /** No two commands were answered with one record. @returns what clients were answered with */
  answeredOnce(answered: Iterable<string>): Set<string> {
    const known = new Set<string>();
    for (const about of answered) {
      if (known.has(about)) this.wrong(about, 'two commands were answered with it');
      known.add(about);
    }
    return known;
  }

  /**
   * Of a kind there is nothing that no accepted command made.
   * @param belongs whether a record belongs to such a command, or is what may be left of one that was undone
   */
  acceptedOnly(kind: string, belongs: (key: string, state: Row | null) => boolean): void {
    for (const [key, { state }] of this.all(kind))
      if (!belongs(key, state)) this.wrong(key, 'is the effect of a command that was never accepted');
  }

  /** Every event of these types was noticed to people once, every other one never. @param noticed the event of each notice */
  noticedOnce(noticed: Iterable<string>, types: ReadonlySet<string>): void {
    const counts = new Map<string, number>();
    for (const id of noticed) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const { id, type } of this.events.values())
      this.expect(id, `the number of notices of ${type}`, counts.get(id) ?? 0, types.has(type) ? 1 : 0);
    for (const id of counts.keys())
      if (!this.events.has(id)) this.wrong(id, 'a notice of an event that is not on the topic');
  }

  /** Rows of a collection by a field of theirs, which each has for itself: one that is there twice is wrong. */
  rowsBy(field: string, rows: readonly Row[]): Map<unknown, Row> {
    const found = new Map<unknown, Row>();
    for (const row of rows) {
      if (found.has(row[field])) this.wrong(JSON.stringify(row), `there are two rows with this ${field}`);
      found.set(row[field], row);
    }
    return found;
  }

  wrong(about: string, what: string): void {
    this.violations.push({ about, what });
  }

  expect(about: string, what: string, is: unknown, should: unknown): void {
    if (is !== should) this.wrong(about, `${what} is ${JSON.stringify(is)} instead of ${JSON.stringify(should)}`);
  }

  /** Some fields of what `whose` names must be these. */
  fields(about: string, whose: string, is: Row | null | undefined, should: Row): void {
    for (const [field, value] of Object.entries(should)) this.expect(about, `${whose}'s ${field}`, is?.[field], value);
  }

  /** State of a document: null when it is gone, undefined when it never was. */
  state(key: string): Row | null | undefined {
    return this.snapshot.documents.get(key)?.state;
  }

  /** The documents of a kind of record: `rental-delivery/Delivery`. */
  all(kind: string): [key: string, document: Document][] {
    return [...this.snapshot.documents].filter(
      ([key, document]) =>
        key.startsWith(`${kind}-`) && /^-(of-)?[\w-]+$/.test(key.slice(kind.length)) && document?.version > 0,
    );
  }

  /** How often a document told an event. */
  count(key: string, type: string): number {
    return (this.byDocument.get(key) ?? []).filter((event) => event.type === type).length;
  }

  /** The events of one document must be these and no others, by type or by what `nameOf` makes of them. */
  publishes(
    key: string,
    expected: Readonly<Record<string, number>>,
    nameOf = ({ type }: PublishedEvent): string => type,
  ): void {
    const counts: Record<string, number> = {};
    for (const event of this.byDocument.get(key) ?? []) {
      const name = nameOf(event);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    for (const name of new Set([...Object.keys(counts), ...Object.keys(expected)]))
      if ((counts[name] ?? 0) !== (expected[name] ?? 0))
        this.wrong(key, `${name} stands ${counts[name] ?? 0} times on the topic instead of ${expected[name] ?? 0}`);
  }
}
