import type { Aggregate, Decision, Identified } from '../domain/aggregate.ts';
import { Unavailable } from '../errors.ts';
import { type Commits, traced } from './commits.ts';
import { TRIES } from './creation.ts';
import {
  type Claim,
  type Command,
  causeOf,
  type Idempotency,
  type Outcome,
  outcome,
  repeated,
  wasChangedBy,
} from './idempotency.ts';
import { keyedMutex } from './keyed-mutex.ts';
import type { RecordReader } from './record-reader.ts';
import type { Ref } from './ref.ts';
import { Conflict } from './unit-of-work.ts';

/** What a decision on a record answers; undefined: nothing to do. It may read other records, never change any. */
export type Decide<S> = (state: S) => Decision<S> | undefined | Promise<Decision<S> | undefined>;

/** Changing records: those of one process take turns at a record, between processes the etag decides. */
export class Changes {
  private readonly inTurn = keyedMutex<string>();

  constructor(
    private readonly reader: RecordReader,
    private readonly idempotency: Idempotency,
    private readonly commits: Commits,
  ) {}

  /** See Records.change. */
  async change<S extends Identified>(ref: Ref<S>, command: Command, decide: Decide<S>): Promise<Outcome<S>> {
    const claim = await this.idempotency.find(command);
    const first = repeated<S>(claim);
    if (first) return first;
    const key = await this.reader.keyOf(ref);
    if (key === undefined) return { kind: 'missing' };
    return this.inTurn(key, () => this.changeAt(ref.kind, key, command, claim, decide));
  }

  private async changeAt<S extends Identified>(
    kind: Aggregate<S>,
    key: string,
    command: Command,
    before: Claim | undefined,
    decide: Decide<S>,
  ): Promise<Outcome<S>> {
    let claim = before;
    for (let tries = 0; tries < TRIES; tries++) {
      const [loaded] = await this.reader.load([key]);
      const document = loaded?.document;
      if (!loaded || !document) return { kind: 'missing' };
      if (wasChangedBy(document, command))
        return repeated(await this.idempotency.find(command)) ?? outcome('repeated', document.state as S | null);
      if (!document.state) return { kind: 'missing' };
      const decision = await decide(document.state as S);
      if (!decision) return this.idempotency.nothing(command, claim, document.state as S);
      if (command.fingerprint && !claim && !(await this.idempotency.claim(command, undefined))) {
        claim = await this.idempotency.find(command);
        const first = repeated<S>(claim);
        if (first) return first;
        continue;
      }
      try {
        const next = { id: document.id, state: decision.state };
        await this.commits.commit(kind, loaded, next, [causeOf(command)], traced(decision), { command, claim });
        return outcome('changed', decision.state);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        if (command.fingerprint) claim = await this.idempotency.find(command);
        const first = repeated<S>(claim);
        if (first) return first;
      }
    }
    throw new Unavailable(`${kind.name} is changed by too many at once`);
  }
}
