import { CREATE, type Replacement, type Sidecar, type StateWrite } from '../dapr/sidecar.ts';
import { RuleViolation } from '../domain/aggregate.ts';
import { type Document, knows, marked, standsIn } from './document.ts';
import { keyPart } from './keys.ts';

/** Who asks for a change: its id makes a repetition recognisable. */
export interface Command {
  /** Made from the Idempotency-Key of the client, or a number of the request itself. */
  readonly cause: string;
  /** Set when the client sent an Idempotency-Key: what it asked for, so that the key is not used for two things. */
  readonly fingerprint?: string;
}

/**
 * What a command on a record came to.
 * - `changed`: the record is as `state` says by this command; `unchanged`: it was so before, and nothing was to be done
 * - `repeated`: a command under the same Idempotency-Key left it as `state` says, before this one
 * - `ended`: it is gone by this command, or by the one it repeats
 * - `missing`: there is no such record
 */
export type Outcome<S> =
  | { readonly kind: 'changed' | 'unchanged' | 'repeated'; readonly state: S }
  | { readonly kind: 'ended' | 'missing'; readonly state?: undefined };

/** The outcome of a command that left the record like this. */
export const outcome = <S>(kind: 'changed' | 'unchanged' | 'repeated', state: S | null): Outcome<S> =>
  state === null ? { kind: 'ended' } : { kind, state };

/** The answer as it stands beside a claim. `mark`, `version`: of the commit it belongs to; none: nothing was to be done. */
interface Answer {
  readonly state: unknown;
  readonly at?: string;
  readonly mark?: string;
  readonly version?: number;
}

interface Stored {
  readonly fingerprint: string;
  readonly id?: number;
}

/** What is known of an Idempotency-Key. */
export interface Claim {
  readonly etag: string;
  /** The number its record has or will have, where it makes one. */
  readonly id: number | undefined;
  /** What the first command under the key came to, if it came to anything. */
  readonly answer: { readonly state: unknown } | undefined;
  /** Of the answer that lies there, whether it counts or not. */
  readonly answerEtag: string | undefined;
}

/** A command, with what was known of its key when it was decided. */
export interface Claimed {
  readonly command: Command;
  readonly claim: Claim | undefined;
}

/** How long an answer is remembered. */
const DAY_SECONDS = 86_400;
/** A claim is made before its answer, and must not be forgotten before it. */
const CLAIM_SECONDS = DAY_SECONDS + 3_600;

/** How documents remember a command: with what it asked for, so that a key used again after a day is another command. */
export const causeOf = ({ cause, fingerprint }: Command): string =>
  fingerprint ? `${cause}.${keyPart(fingerprint).slice(0, 16)}` : cause;

/**
 * What was asked for, and answered, under each Idempotency-Key, for a day. The answer is written in the transaction of the
 * change. Redis may apply it without the change: so it counts only if the document knows its mark, and takes the place of
 * none but the one that was known. Commands without a key cost nothing here.
 */
export class Idempotency {
  constructor(private readonly sidecar: Sidecar) {}

  /**
   * What is known of the command's key; undefined: nothing, or it has none.
   * @throws RuleViolation (422) when the key belongs to another request
   */
  async find({ cause, fingerprint }: Command): Promise<Claim | undefined> {
    if (!fingerprint) return undefined;
    const [stored, seen] = await this.sidecar.read([keyOf(cause), answerKeyOf(cause)]);
    const known = stored?.value as Stored | undefined;
    if (!known || !stored?.etag) return undefined;
    if (known.fingerprint !== fingerprint)
      throw new RuleViolation('this Idempotency-Key was used for another request; use a new one');
    // Without its answer the command would be decided again: of two documents SQL may leave one out.
    const isSure = seen?.etag || this.sidecar.state.tellsAbsence(2);
    const [answered] = isSure ? [seen] : await this.sidecar.read([answerKeyOf(cause)]);
    const answer = answered?.value as Answer | undefined;
    const stands = answer && (await this.stands(answer, causeOf({ cause, fingerprint })));
    return {
      etag: stored.etag,
      id: known.id,
      answer: stands ? { state: answer.state ?? null } : undefined,
      answerEtag: answered?.etag,
    };
  }

  /**
   * Claims the key for this command, unless it was claimed meanwhile (or the outcome is unknown): then false, and `find` knows more.
   * @param before what `find` said
   * @throws Unavailable where the store does not take it
   */
  claim(command: Command, before: Claim | undefined, id?: number): Promise<boolean> {
    return this.sidecar.state.replaced(claimOf(command, before, id));
  }

  /** Keeps the answer of a command for which nothing was to be done. @returns the first answer under the key */
  async nothing<S>(command: Command, before: Claim | undefined, state: S): Promise<Outcome<S>> {
    const unchanged = outcome('unchanged', state);
    if (!command.fingerprint) return unchanged;
    const answer = answerTo(command, before, { state });
    if (await this.sidecar.wrote(before ? [answer] : [claimOf(command, before), answer])) return unchanged;
    return repeated(await this.find(command)) ?? unchanged;
  }

  /** The write that keeps the answer, for the transaction of the change it belongs to. */
  answers({ command, claim }: Claimed, at: string, { state, version }: Document, mark: string): StateWrite[] {
    return command.fingerprint ? [answerTo(command, claim, { state, at, mark, version })] : [];
  }

  private async stands({ at, mark, version = 0 }: Answer, cause: string): Promise<boolean> {
    if (at === undefined || mark === undefined) return true;
    const [stored] = await this.sidecar.read([at]);
    return standsIn(stored?.value as Document | undefined, marked(cause, mark), version);
  }
}

/** What the first command under the key came to; undefined: nothing yet. */
export const repeated = <S>(claim: Claim | undefined): Outcome<S> | undefined =>
  claim?.answer && outcome('repeated', claim.answer.state as S | null);

/** Whether the document was changed by this command. */
export const wasChangedBy = (document: Document | undefined, command: Command): boolean =>
  knows(document, causeOf(command));

const claimOf = ({ cause, fingerprint = '' }: Command, before: Claim | undefined, id?: number): Replacement => ({
  key: keyOf(cause),
  value: { fingerprint, ...(id === undefined ? {} : { id }) } satisfies Stored,
  etag: before?.etag ?? CREATE,
  ttlInSeconds: CLAIM_SECONDS,
});

const answerTo = ({ cause }: Command, before: Claim | undefined, value: Answer): StateWrite => ({
  key: answerKeyOf(cause),
  value,
  etag: before?.answerEtag ?? CREATE,
  ttlInSeconds: DAY_SECONDS,
});

const keyOf = (cause: string): string => `idempotency-${keyPart(cause)}`;
const answerKeyOf = (cause: string): string => `${keyOf(cause)}-answer`;
