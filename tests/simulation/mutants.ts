/**
 * Small faults that somebody could make. Each is put into the source text while the simulation is bundled, so the product
 * knows nothing of it. The text alone says where: it may move to another file, but must stand in one.
 */
export interface Mutant {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Where it shows; lecture where nothing is said. */
  readonly system?: string;
}

const NOTHING = '';

export const mutants: readonly Mutant[] = [
  {
    name: 'an event is acknowledged although the store is away',
    from: "statuses[index] = 'RETRY';",
    to: "statuses[index] = 'SUCCESS';",
  },
  {
    name: 'a deferred event is acknowledged before it is kept',
    from: 'await this.settled(this.parts.deferrals.defer(deferred))',
    to: "'SUCCESS'; void this.parts.deferrals.defer(deferred).catch(() => undefined)",
  },
  {
    name: 'a deferred event is not kept',
    from: 'await this.settled(this.parts.deferrals.defer(deferred))',
    to: "'SUCCESS'",
  },
  {
    name: 'deferred events are forgotten at a restart',
    from: 'void look();\n    this.stopLooking = this.parts.clock.every(MORE_MS, look);',
    to: NOTHING,
  },
  {
    name: 'a change forgets the ETag',
    from: '{ key: change.key, value: change.document, etag: change.etag ?? CREATE }',
    to: '{ key: change.key, value: change.document }',
  },
  {
    name: 'events are published before the commit',
    from: 'await this.sidecar.state.transaction(operations);',
    to: 'for (const { entry, events } of group) this.outbox.publish(entry.publications, () => undefined, events); await this.sidecar.state.transaction(operations);',
  },
  {
    name: 'the intent is forgotten',
    from: 'const promise = await intend(kind, id, otherwise, key);',
    to: 'const promise = { keep() {}, async abandon() {} };',
  },
  {
    name: 'what may have been begun elsewhere is not undone',
    from: 'else await promise.abandon();\n      throw error;',
    to: 'else promise.keep();\n      throw error;',
  },
  {
    name: 'the fingerprint of a key is not looked at',
    from: 'if (known.fingerprint !== fingerprint)',
    to: 'if (known.fingerprint === "")',
  },
  {
    name: 'a key is not claimed',
    from: 'return this.sidecar.state.replaced(claimOf(command, before, id));',
    to: 'return Promise.resolve(true);',
  },
  {
    name: 'an answer counts although its change was rejected',
    from: 'const stands = answer && (await this.stands(answer, causeOf({ cause, fingerprint })));',
    to: 'const stands = answer !== undefined;',
  },
  {
    name: 'a rejected answer takes the place of the first (Redis)',
    from: 'etag: before?.answerEtag ?? CREATE,',
    to: NOTHING,
    system: 'academy',
  },
  {
    name: 'a repeated command is decided again',
    from: 'const first = repeated<S>(claim);\n    if (first) return first;\n    const key =',
    to: 'const key =',
  },
  {
    name: 'a cancellation that came first is dropped',
    from: '...(waiting?.length ? { waiting } : {}),',
    to: NOTHING,
  },
  {
    name: 'a cancellation that waits is not applied',
    from: 'for (const late of waiting) await this.applyLate(draft, late, reaction);',
    to: NOTHING,
  },
  {
    name: 'a record is retired before its events are published',
    from: 'this.outbox.publish(publications, () => this.release(commit), commit.events);',
    to: '{ this.outbox.publish(publications, () => undefined, commit.events); this.release(commit); }',
  },
  {
    name: 'what an earlier life left is not published',
    from: 'this.recovery.takeUp(left.records, stand, ({ seq }) => this.done(seq));',
    to: NOTHING,
  },
  {
    name: 'a failed publication counts as done',
    from: 'this.progress.failed(inner, this.lines.size);\n    this.most = Math.max(1, this.most >> 1);',
    to: 'for (const line of batch) this.published(line);\n    if (batch.length > 0) return true;',
  },
  {
    name: 'of two events for one record the first is applied',
    from: 'let draft = new DocumentDraft(loaded.document);\n    for (const task of tasks) {',
    to: 'let draft = new DocumentDraft(loaded.document);\n    for (const task of tasks.slice(0, 1)) {',
  },
  {
    name: 'versions of different documents are compared',
    from: 'const known = state?.facts[type];',
    to: 'const known = Object.values(state?.facts ?? {})[0];',
  },
  {
    name: 'a view takes what comes last for the newest',
    from: 'if (known && order(known, fact) >= 0) return undefined;',
    to: NOTHING,
  },
  {
    name: 'a cancelled enrolment keeps its gift',
    from: 'whenever(PointCanceled, (point) => cancel(Gift, point.classId, cancelGift))',
    to: NOTHING,
  },
  {
    name: 'a change of unknown outcome is taken for a conflict',
    from: 'if (stands(commit)) this.succeed(commit);\n      else if',
    to: 'if',
  },
  {
    name: 'a change of unknown outcome is taken for done',
    from: 'void this.sort(group, error);',
    to: 'for (const commit of group) this.succeed(commit);',
  },
  {
    name: 'numbers are reserved without an ETag',
    from: 'const write: Replacement = { key: Ids.keyOf(kind), value, etag: stored?.etag ?? CREATE };',
    to: 'const write: Replacement = { key: Ids.keyOf(kind), value } as never;',
  },
  {
    name: 'a rejected change is published after a crash (Redis)',
    from: 'if (this.sidecar.atomic) return entries.map(() => true);',
    to: 'if (entries.length > 0) return entries.map(() => true);',
  },
  {
    name: 'half an answer is passed on as a whole one',
    from: 'answer.broken || (bytes !== undefined && Number(bytes) !== answer.body.length)',
    to: 'answer.broken',
  },
];
