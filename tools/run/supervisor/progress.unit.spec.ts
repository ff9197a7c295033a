import { progressOf } from './progress.ts';

const fine = { ready: true, waitingFor: null, outbox: { backlog: 0, oldestSeconds: 0, stalled: null } };

describe('given what a service says of itself', () => {
  it.each([
    ['nothing is wrong', fine, undefined, true, 'ready'],
    ['it does not answer', undefined, undefined, false, 'not ready: it does not answer'],
    ['it waits', { ready: false, waitingFor: 'the store' }, undefined, false, 'not ready: it waits for the store'],
    [
      'the broker takes nothing',
      { ...fine, outbox: { backlog: 9, oldestSeconds: 80 } },
      undefined,
      false,
      'stalled: outbox (its oldest event waits for 80 s)',
    ],
    [
      'it says why its consumer stands still',
      { ...fine, consumer: { stalled: 'the store refuses' } },
      undefined,
      false,
      'stalled: consumer (the store refuses)',
    ],
    [
      'its group does not move',
      fine,
      { events: 8, position: '1', stands: true },
      false,
      'stalled: consumer (8 events wait, and none was handled since the last look)',
    ],
    ['its group moves', fine, { events: 8, position: '1', stands: false }, true, 'ready; 8 events behind'],
    [
      'events wait for a while, and others were given up',
      { ...fine, deferred: { waiting: 2, oldestSeconds: 60 }, deadLetters: 1 },
      undefined,
      true,
      'ready; 2 deferred; 1 dead letter',
    ],
    [
      'a deferred event waits beyond its bound',
      { ...fine, deferred: { waiting: 2, oldestSeconds: 1500 } },
      undefined,
      false,
      'stalled: deferred (the oldest event waits for 25 min); 2 deferred',
    ],
  ])('when %s, then the words say so', (_, standing, lag, healthy, words) => {
    expect(progressOf(standing, lag)).toEqual({ healthy, words });
  });
});
