import { LARGEST_PUBLICATION, sizeOnTopic } from '../dapr/pubsub.ts';
import { CREATE, type Publication, type StateWrite } from '../dapr/sidecar.ts';
import { checkKey, checkSize, type StateStore } from '../dapr/state.ts';
import { StoreRejected } from '../errors.ts';
import type { Entry } from '../outbox/outbox.ts';
import type { Document } from './document.ts';

/**
 * One change of one document; `cause` is the last one of its document, with its mark.
 * @property etag undefined: the document must not exist yet
 * @property pointers small documents that lead to this one, written in the same transaction whatever lies there
 * @property answers what else is kept in the same transaction: the answer a repeated command gets. On a store that is not
 *   atomic (Redis) it may stand although the change was rejected: compare the mark of the cause.
 */
export interface Change {
  readonly key: string;
  readonly etag: string | undefined;
  readonly document: Document;
  readonly pointers: readonly StateWrite[];
  readonly answers?: readonly StateWrite[];
  readonly cause: string;
  readonly publications: readonly Publication[];
}

/** The document changed since it was read: read it again and decide again. */
export class Conflict extends Error {}

/** What is on its way to the store: a change, or an intent alone. */
export interface Commit {
  readonly entry: Entry;
  readonly change: Change | undefined;
  /** It finishes what was begun, and may take the room that is kept for that. */
  readonly urgent: boolean;
  /** Its writes as texts of operations; its entry in an outbox record, if it needs one; its events. */
  readonly operations: readonly string[];
  readonly recorded: string | undefined;
  readonly events: readonly string[];
  readonly bytes: number;
  /** When it came, by the clock that is never set. */
  readonly since: number;
  /** Records in which its entry may stand: one of them may yet reach the store, so they are retired only with the outcome. */
  readonly numbers: number[];
  /** The record of its own, when it is written again by itself: always the same one. */
  own: number | undefined;
  /** Nothing of it was sent yet. */
  queued: boolean;
  /** A try failed without anybody knowing whether it was applied. */
  unsure: boolean;
  /** Nobody waits for the outcome any more. */
  left: boolean;
  resolve(): void;
  reject(error: Error): void;
}

/** Bytes beside those of the parts: names of the API, numbers, brackets. */
const FRAME = 1_000;

/**
 * Puts into texts what a commit writes.
 * @throws StoreRejected what store or broker can never take, before anything is sent
 */
export function texts(
  store: StateStore,
  entry: Entry,
  change: Change | undefined,
): Pick<Commit, 'operations' | 'recorded' | 'events' | 'bytes'> {
  checkKey(entry.key);
  const writes: StateWrite[] = change
    ? [
        { key: change.key, value: change.document, etag: change.etag ?? CREATE },
        ...change.pointers,
        ...(change.answers ?? []),
      ]
    : [];
  const operations = writes.map((write) => store.operation(write));
  const events = entry.publications.map(eventText);
  const recorded =
    entry.publications.length > 0 || entry.otherwise !== undefined ? entryText(entry, events) : undefined;
  if (entry.otherwise) promised(store, entry.otherwise as Change, recorded ?? '');
  let bytes = FRAME + Buffer.byteLength(recorded ?? '');
  for (const operation of operations) bytes += Buffer.byteLength(operation);
  checkSize(bytes);
  return { operations, recorded, events, bytes };
}

/** What is promised must be possible when it comes to that. What is small surely is. */
function promised(store: StateStore, change: Change, text: string): void {
  for (const { key } of [...change.pointers, ...(change.answers ?? [])]) checkKey(key);
  if (text.length * 6 > LARGEST_PUBLICATION) texts(store, entryOf(change), change);
}

function eventText({ cloudEvent }: Publication): string {
  const text = JSON.stringify(cloudEvent);
  const size = sizeOnTopic(text);
  if (size > LARGEST_PUBLICATION)
    throw new StoreRejected(
      'this is too large: an event could not tell it',
      `${cloudEvent.id}: ${size} bytes of ${LARGEST_PUBLICATION}`,
    );
  return text;
}

function entryText({ key, cause, version, publications, otherwise }: Entry, events: readonly string[]): string {
  const published = publications.map(
    ({ partitionKey }, index) => `{"cloudEvent":${events[index]},"partitionKey":${JSON.stringify(partitionKey)}}`,
  );
  const more = otherwise === undefined ? '' : `,"otherwise":${JSON.stringify(otherwise)}`;
  return `{"key":${JSON.stringify(key)},"cause":${JSON.stringify(cause)},"version":${version},"publications":[${published.join()}]${more}}`;
}

/** How a change stands in an outbox record. */
export const entryOf = ({ key, cause, document, publications }: Change): Entry => ({
  key,
  cause,
  version: document.version,
  publications,
});
