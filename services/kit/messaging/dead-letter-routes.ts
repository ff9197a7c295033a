import type { Router } from 'express';
import { decided } from '../domain/aggregate.ts';
import { idOf } from '../http/command.ts';
import { readable } from '../http/crud.ts';
import { Problem } from '../http/problem.ts';
import type { Records } from '../persistence/records.ts';
import { type Consumer, DeadLetters } from './consumer.ts';

/** Dead letters can be seen and replayed by operators; the gateway does not route them. */
export function deadLetters(records: Records, consumer: Consumer): Router {
  const router = readable(records, { kind: DeadLetters, path: 'deadletters', item: 'deadletter' });
  router.post('/deadletters/:id/replay', async (request, response) => {
    const letter = await records.get(DeadLetters, idOf(request));
    if (!letter) throw new Problem(404, 'Not Found', `There is no dead letter ${request.params.id}.`);
    const [status] = await consumer.take([letter.event]);
    if (status !== 'SUCCESS')
      throw new Problem(503, 'Service Unavailable', 'The event could not be handled now; try again.', {
        retryAfterSeconds: 1,
      });
    await records.change(DeadLetters, letter.id, { cause: `replay-${letter.id}` }, (state) =>
      decided({ ...state, replayed: true }),
    );
    response.json({ ...letter, replayed: true });
  });
  return router;
}
