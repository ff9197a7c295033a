import express, { type Router } from 'express';
import { z } from 'zod';
import type { Sidecar } from '../dapr/sidecar.ts';
import { PublishRejected, Unavailable } from '../errors.ts';
import { idOf } from '../http/command.ts';
import { readable } from '../http/crud.ts';
import { Problem } from '../http/problem.ts';
import { routerOf } from '../http/route.ts';
import type { Records } from '../persistence/records.ts';
import { realContext } from '../runtime/context.ts';
import type { Consumer } from './consumer.ts';
import { type DeadLetter, type DeadLetterBox, DeadLetters } from './dead-letters.ts';
import type { Deferrals } from './deferrals.ts';
import type { DeferredStore } from './deferred-store.ts';
import type { Verdict } from './failure.ts';

/** What is parked, for operators: to be seen, tried again and dropped. The gateway routes none of it. */
export function parkedRoutes(parts: {
  readonly sidecar: Sidecar;
  readonly records: Records;
  readonly consumer: Consumer;
  readonly deadLetters: DeadLetterBox;
  readonly deferrals: Deferrals;
  readonly store: DeferredStore;
}): Router[] {
  return [deadLetterRoutes(parts), deferredRoutes(parts)];
}

function deadLetterRoutes({
  sidecar,
  records,
  consumer,
  deadLetters,
}: {
  readonly sidecar: Sidecar;
  readonly records: Records;
  readonly consumer: Consumer;
  readonly deadLetters: DeadLetterBox;
}): Router {
  const answer = z.custom<DeadLetter>();
  const letters = readable({ kind: DeadLetters, path: 'deadletters', item: 'deadletter', answer });
  const router = routerOf(letters, { records, sidecar, config: () => ({}), context: realContext });
  router.post('/deadletters/:id/replay', async (request, response) => {
    const letter = await deadLetters.get(idOf(request));
    if (!letter) throw missing('dead letter', idOf(request));
    if (letter.replayable === false) throw cannot(letter.reason);
    refuse(await (letter.stage === 'publish' ? publishAgain(deadLetters, letter) : consumer.attempt(letter.event)));
    await deadLetters.replayed(letter.id);
    response.json({ ...letter, replayed: true });
  });
  router.delete('/deadletters/:id', async (request, response) => {
    if (!(await deadLetters.drop(idOf(request)))) throw missing('dead letter', idOf(request));
    response.status(204).end();
  });
  return router;
}

function deferredRoutes({
  deferrals,
  store,
}: {
  readonly deferrals: Deferrals;
  readonly store: DeferredStore;
}): Router {
  const router = express.Router();
  router.get('/deferred', async (request, response) => {
    const { from, size } = Range.parse(request.query);
    const { items, next } = await store.page(from, size);
    const links = next === undefined ? {} : { next: { href: `/deferred?from=${next}&size=${size}` } };
    response.json({ _embedded: { deferred: items }, _links: links });
  });
  router.get('/deferred/:id', async (request, response) => {
    const deferred = await store.byNumber(idOf(request));
    if (!deferred) throw missing('deferred event', idOf(request));
    response.json(deferred);
  });
  router.post('/deferred/:id/replay', async (request, response) => {
    const id = idOf(request);
    const deferred = await store.byNumber(id);
    const verdict = deferred && (await deferrals.replay(id));
    if (!verdict) throw missing('deferred event', id);
    refuse(verdict);
    response.json({ ...deferred, replayed: true });
  });
  router.delete('/deferred/:id', async (request, response) => {
    if (!(await deferrals.drop(idOf(request)))) throw missing('deferred event', idOf(request));
    response.status(204).end();
  });
  return router;
}

/** Which deferred events are shown: `size` from the number `from` on. */
const Range = z.object({
  from: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).default(1),
  size: z.coerce.number().int().min(1).max(200).default(20),
});

const missing = (what: string, id: number): Problem => new Problem(404, 'Not Found', `There is no ${what} ${id}.`);
const cannot = (why: string): Problem =>
  new Problem(422, 'Unprocessable Content', `The event cannot be handled: ${why}`);

/** @throws Problem that says the truth about what was tried */
function refuse(verdict: Verdict): void {
  if (verdict.kind === 'dead') throw cannot(verdict.reason);
  if (verdict.kind !== 'done')
    throw new Problem(503, 'Service Unavailable', `The event cannot be handled now: ${verdict.reason}`, {
      retryAfterSeconds: 1,
    });
}

async function publishAgain(deadLetters: DeadLetterBox, letter: DeadLetter): Promise<Verdict> {
  try {
    await deadLetters.publishAgain(letter);
    return { kind: 'done' };
  } catch (error) {
    if (error instanceof PublishRejected) return { kind: 'dead', reason: error.message };
    if (error instanceof Unavailable) return { kind: 'retry', reason: error.message };
    throw error;
  }
}
