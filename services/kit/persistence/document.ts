/**
 * One aggregate as it lies in the store.
 * @property state null: the record is gone, and its number is never used again
 * @property version counts the changes
 * @property causes the commands and events applied last, each with the mark of the commit that applied it
 * @property waiting events that came before the record they are about; applied as soon as it comes
 * @property seq its place in the collection, where the record's number was given by others (`numberedBy`)
 */
export interface Document {
  readonly id: number;
  readonly state: unknown;
  readonly version: number;
  readonly causes: readonly string[];
  readonly waiting?: readonly unknown[];
  readonly seq?: number;
}

/** How many causes a document remembers: more than a broker redelivers and more than run at the same time. */
export const REMEMBERED_CAUSES = 100;

/** A cause as a document remembers it: a second attempt for the same cause is not the one that was applied. `mark` has no `#`. */
export const marked = (cause: string, mark: string): string => `${cause}#${mark}`;

/** Whether exactly this command or event was applied to the document already. */
export const knows = (document: Pick<Document, 'causes'> | undefined, cause: string): boolean =>
  document?.causes.some((known) => known.startsWith(`${cause}#`) && known.indexOf('#', cause.length + 1) < 0) ?? false;

/**
 * Whether a change is in the document, by its last cause (with its mark) and the version it made. Each change leaves a mark
 * of its own, and one may bring many causes: so the marks tell how far back the document remembers, and what it has
 * forgotten stands.
 */
export function standsIn(document: Document | undefined, cause: string, version: number): boolean {
  if (!document) return false;
  const { causes } = document;
  const marks = new Set(causes.map((known) => known.slice(known.lastIndexOf('#'))));
  return causes.includes(cause) || version <= document.version - marks.size;
}

/** Whether it is the document of a record that is no more (and not a place where early events wait for a record). */
export const isTombstone = (document: Document | undefined): boolean =>
  document !== undefined && document.id > 0 && document.state === null;
