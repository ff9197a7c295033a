import { jest } from '@jest/globals';
import { CREATE } from '../dapr/sidecar.ts';
import { KitError, StoreRejected, Unavailable } from '../errors.ts';
import { answers, type Call } from '../testing/index.ts';
import { Lives, making, outcome } from '../testing/lives.ts';

const writes = ({ kind }: Call): boolean => kind === 'state-write';
const ofTransaction = (call: Call): boolean => writes(call) && !call.body.includes('outbox-rings');
const large = (bytes: number): object => ({ text: 'x'.repeat(bytes) });
const withState = (key: string, state: unknown, types: string[] = []) => {
  const change = making(key, types);
  return { ...change, document: { ...change.document, state } };
};

describe('what no store or broker can take', () => {
  test.each([
    ['a document of 3.6 MiB', () => withState('A', large(3.6 * 1024 * 1024))],
    ['a key with ||', () => making('A||b')],
    ['a key of 201 characters', () => making('k'.repeat(201))],
    ['a pointer under such a key', () => making('A', [], { pointers: [{ key: 'a||b', value: {} }] })],
    [
      'an event of 901,000 bytes',
      () => {
        const change = making('A');
        const [event] = change.publications;
        return { ...change, publications: [{ ...event!, cloudEvent: { ...event!.cloudEvent, data: large(901_000) } }] };
      },
    ],
    [
      'an event that grows to more by the way Go writes it',
      () => {
        const change = making('A');
        const [event] = change.publications;
        const data = { text: '<'.repeat(200_000) };
        return { ...change, publications: [{ ...event!, cloudEvent: { ...event!.cloudEvent, data } }] };
      },
    ],
  ])('given %s, when it is committed, then it is refused at once and nothing is sent', async (_, change) => {
    const { work, calls } = await new Lives().life();
    const before = calls.length;
    expect(await outcome(work.commit(change()))).toBe('StoreRejected');
    expect(await outcome(work.intend(change()))).toBe('StoreRejected');
    expect(calls).toHaveLength(before);
    expect(await outcome(work.commit(making('B')))).toBe('done');
  });

  test('given a group, when the store refuses one commit of it for good, then that one alone fails, once', async () => {
    const lives = new Lives();
    const before = (call: Call) =>
      call.body.includes('"bad"') ? answers.transactionFailed('Error 1366 (22007): Incorrect string value') : undefined;
    const { work, calls } = await lives.life({ before });
    await work.outbox.start();
    const good = Array.from({ length: 20 }, (_, n) => outcome(work.commit(making(`G${n}`))));
    const bad = outcome(work.commit(withState('B', { name: 'bad' }, ['BMade'])));
    const more = Array.from({ length: 5 }, (_, n) => outcome(work.commit(making(`H${n}`))));
    await lives.clock.pass(0);
    expect(await bad).toBe('StoreRejected');
    expect(new Set(await Promise.all([...good, ...more]))).toEqual(new Set(['done']));
    expect(calls.filter(({ body }) => body.includes('"bad"'))).toHaveLength(2); // in its group, and by itself
    await lives.clock.pass(60_000);
    expect(calls.filter(({ body }) => body.includes('"bad"'))).toHaveLength(2);
    expect(lives.published()).toHaveLength(25);
  });

  test('given eight commits of 600 kB, when they are made at the same time, then no transaction is larger than the sidecar takes', async () => {
    const { work, calls } = await new Lives().life();
    const all = Array.from({ length: 8 }, (_, n) => outcome(work.commit(withState(`L${n}`, large(600_000)))));
    expect(await Promise.all(all)).toEqual(all.map(() => 'done'));
    expect(Math.max(...calls.filter(writes).map(({ body }) => body.length))).toBeLessThan(2 * 1024 * 1024);
  });

  test('given a store that refuses for good, when a list or a number is written, then that is said instead of tried again', async () => {
    const before = (call: Call) => (writes(call) ? answers.failure(400, 'ERR_MALFORMED_REQUEST', 'no') : undefined);
    const { sidecar } = await new Lives().life({ before });
    expect(await outcome(sidecar.wrote([{ key: 'a', value: 1 }]))).toBe('StoreRejected');
  });
});

describe('what the store keeps refusing', () => {
  const refusing = (call: Call) =>
    call.body.includes('"bad"') ? answers.transactionFailed('nobody knows why') : undefined;

  test('given three commits that are refused again and again, when others are made, then those succeed at once', async () => {
    const lives = new Lives();
    const { work, calls } = await lives.life({ before: refusing });
    await work.outbox.start();
    const bad = ['A', 'B', 'C'].map((key) => outcome(work.commit(withState(key, { name: 'bad' }, ['Made']))));
    await lives.clock.pass(1_000);
    expect(await outcome(work.commit(making('Good')))).toBe('done');
    await lives.clock.pass(60_000);
    expect(await Promise.all(bad)).toEqual(bad.map(() => 'Unavailable')); // their callers waited 15 s
    expect(work.settling).toBe(0);
    const tries = calls.filter(({ body }) => body.includes('"bad"')).length;
    await lives.clock.pass(60_000);
    expect(calls.filter(({ body }) => body.includes('"bad"'))).toHaveLength(tries);
    const closed = work.close();
    await lives.clock.pass(10_000);
    await closed;
    // Nothing is left for another instance: the ring is given up.
    expect(lives.stored('outbox-rings')).toEqual({});
  });

  test('given a busy store, when one commit is refused again and again, then its caller is told within its patience', async () => {
    const lives = new Lives();
    const { work } = await lives.life({ before: refusing });
    const bad = outcome(work.commit(withState('A', { name: 'bad' })));
    for (let n = 0; n < 140; n++) {
      await work.commit(making(`G${n}`, []));
      await lives.clock.pass(100);
    }
    expect(await bad).toBe('StoreRejected');
  });

  test('given a store that takes no writes, when time goes by, then nothing is given up and new commits are refused at once', async () => {
    const lives = new Lives();
    let readOnly = false;
    const before = (call: Call) => (readOnly && writes(call) ? answers.transactionFailed('no') : undefined);
    const { work } = await lives.life({ before });
    await work.outbox.start();
    readOnly = true;
    const first = Array.from({ length: 64 }, (_, n) => outcome(work.commit(making(`A${n}`))));
    await lives.clock.pass(100);
    const [late] = await Promise.all([work.commit(making('Late')).catch((error) => error)]);
    expect(late).toMatchObject({ code: 'OVERLOADED', outcome: 'none' });
    await lives.clock.pass(60_000);
    expect(new Set(await Promise.all(first))).toEqual(new Set(['Unavailable']));
    expect(work.settling).toBe(64);
    expect(work.stalled).toMatch(/the store has not told the outcome of 64 changes/);
    readOnly = false;
    await lives.clock.pass(5_000);
    expect(work.settling).toBe(0);
    expect(lives.published()).toHaveLength(64);
    expect(await outcome(work.commit(making('Late')))).toBe('done');
  });
});

describe('unknown outcomes', () => {
  test('given a result that breaks off while it is looked for, when the commit stands, then its event is published all the same', async () => {
    const lives = new Lives();
    let lost = false;
    const after = (call: Call, answer: { body: Buffer }) => {
      if (ofTransaction(call) && !lost) {
        lost = true;
        throw new Error('socket hang up');
      }
      if (!call.path.endsWith('/bulk') || !call.body.includes('"A"')) return undefined;
      const items = JSON.parse(answer.body.toString()) as { key: string }[];
      return answers.json(
        200,
        items.map(({ key }) => ({ key })),
      );
    };
    const { work } = await lives.life({ after });
    await work.outbox.start();
    const sent = ['A', 'B'].map((key) => outcome(work.commit(making(key))));
    await lives.clock.pass(5_000);
    expect([await Promise.all(sent), lives.published()]).toEqual([
      ['done', 'done'],
      ['A AMade', 'B BMade'],
    ]);
  });

  test('given an answer lost after the write, when the store is read, then the commit succeeds and its event is published once', async () => {
    const lives = new Lives();
    let lost = false;
    const after = (call: Call) => {
      if (lost || !ofTransaction(call)) return undefined;
      lost = true;
      throw new Error('socket hang up');
    };
    const { work } = await lives.life({ after });
    await work.outbox.start();
    const made = outcome(work.commit(making('A')));
    await lives.clock.pass(1_000);
    expect(await made).toBe('done');
    expect(lives.published()).toEqual(['A AMade']);
  });

  test('given a document that somebody else made meanwhile, when the commit fails, then it is a conflict and publishes nothing', async () => {
    const lives = new Lives();
    const other = await lives.life({}, 'class-2');
    await other.work.commit(making('A', ['Other']));
    const { work } = await lives.life();
    const made = outcome(work.commit(making('A')));
    await lives.clock.pass(1_000);
    expect(await made).toBe('Conflict');
    expect(lives.published()).toEqual(['A Other']);
  });

  test("given a store that does not answer, when a caller's patience is over, then what was not sent is said to be undone", async () => {
    const lives = new Lives();
    const before = (call: Call) => (writes(call) ? new Promise<undefined>(() => undefined) : undefined);
    const { work } = await lives.life({ before });
    const [sent, queued] = [making('A'), making('A')].map((change) => work.commit(change).catch((error) => error));
    await lives.clock.pass(20_000);
    expect(await sent).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    const third = await queued;
    expect(third).toBeInstanceOf(Unavailable);
    // A second transaction goes out beside the one that takes so long; what waits behind them was not sent.
    void work.commit(making('C')).catch(() => undefined);
    await Promise.resolve();
    const behind = work.commit(making('B')).catch((error) => error);
    await lives.clock.pass(20_000);
    expect(await behind).toMatchObject({ code: 'OVERLOADED', outcome: 'none' });
  });

  test('given a clock that is set back by an hour, when the store does not answer, then a caller waits no longer for that', async () => {
    const lives = new Lives();
    const before = (call: Call) => (writes(call) ? new Promise<undefined>(() => undefined) : undefined);
    const { work } = await lives.life({ before });
    const made = outcome(work.commit(making('A')));
    await lives.clock.pass(1_000);
    jest.spyOn(lives.clock, 'now').mockImplementation(() => lives.clock.monotonic() - 3_600_000);
    await lives.clock.pass(20_000);
    expect(await Promise.race([made, 'nothing'])).toBe('Unavailable');
  });

  test('given a store that does not answer, when more commits come than may wait, then the rest is refused at once', async () => {
    const lives = new Lives();
    const before = (call: Call) => (writes(call) ? new Promise<undefined>(() => undefined) : undefined);
    const { work } = await lives.life({ before });
    const all = Array.from({ length: 1_100 }, (_, n) => work.commit(making(`A${n}`)).catch((error) => error.code));
    expect(await Promise.race([all.at(-1), lives.clock.pass(0)])).toBe('OVERLOADED');
  });

  test('given commits that are made at the same moment or wait for the same answer, then each group is one transaction', async () => {
    const lives = new Lives();
    const { work, calls } = await lives.life();
    const first = ['A', 'B', 'C'].map((key) => work.commit(making(key)));
    await Promise.resolve();
    const second = ['D', 'E', 'F'].map((key) => work.commit(making(key)));
    await Promise.all([...first, ...second]);
    expect(calls.filter(writes)).toHaveLength(2);
  });

  test('given one transaction that is never answered, when others are committed, then they succeed', async () => {
    const lives = new Lives();
    const before = ({ body }: Call) =>
      body.includes('"key":"A"') ? new Promise<undefined>(() => undefined) : undefined;
    const { work } = await lives.life({ before });
    void work.commit(making('A')).catch(() => undefined);
    await lives.clock.pass(100);
    const soon = outcome(work.commit(making('B')));
    await lives.clock.pass(200);
    expect(await Promise.race([soon, lives.clock.pass(10)])).toBe('done');
    expect(await Promise.race([outcome(work.commit(making('C'))), lives.clock.pass(10)])).toBe('done');
  });

  test('given a change with answers, when it is committed, then they stand beside it', async () => {
    const lives = new Lives();
    const { work, calls } = await lives.life();
    const answers = [{ key: 'idempotency-k', value: { state: 1 }, ttlInSeconds: 86_400 }];
    await work.commit(making('A', [], { answers }));
    expect(lives.stored('idempotency-k')).toEqual({ state: 1 });
    expect(calls.filter(writes)).toHaveLength(1);
  });

  test('given an answer that another one wrote meanwhile, when a change would replace it, then it is a conflict', async () => {
    const lives = new Lives();
    const { work, sidecar } = await lives.life();
    await sidecar.write([{ key: 'idempotency-k-answer', value: { state: 1 } }]);
    const answers = [{ key: 'idempotency-k-answer', value: { state: 2 }, etag: CREATE } as const];
    expect(await outcome(work.commit(making('A', [], { answers })))).toBe('Conflict');
    expect(lives.stored('idempotency-k-answer')).toEqual({ state: 1 });
  });

  test('given anything that fails, when a client reads the message, then no words of the sidecar are in it', async () => {
    const secret = 'dial tcp 10.1.2.3:3306';
    const seen: KitError[] = [];
    for (const answer of [answers.transactionFailed(secret), answers.failure(400, 'ERR_MALFORMED_REQUEST', secret)]) {
      const { sidecar } = await new Lives().life({
        before: ({ kind }) => (kind === 'other' ? undefined : answer),
      });
      for (const doing of [
        () => sidecar.write([{ key: 'a', value: 1 }]),
        () => sidecar.read(['a']),
        () => sidecar.publish('lecture', making('A').publications),
      ])
        seen.push(
          await doing().then(
            () => undefined,
            (error) => error,
          ),
        );
    }
    expect(seen).toHaveLength(6);
    for (const error of seen) {
      expect(error).toBeInstanceOf(KitError);
      expect(error.message).not.toContain(secret);
      expect(error.inner).toContain(secret);
    }
  });
});

describe('a full ring', () => {
  /** An instance whose broker is away until it is said to come back. */
  const withoutBroker = async () => {
    const lives = new Lives();
    let away = true;
    const before = ({ kind }: Call) =>
      away && kind === 'publish' ? answers.failure(500, 'ERR_PUBSUB', 'broker away') : undefined;
    const { work } = await lives.life({ before });
    await work.outbox.start();
    const comeBack = (): void => {
      away = false;
    };
    return { lives, work, comeBack };
  };

  test('given a ring that is full, when projections are committed, then they go on and commits with events are refused undone', async () => {
    const { lives, work, comeBack } = await withoutBroker();
    for (let n = 0; n < 768; n++) await work.commit(making(`A${n}`));
    // One transaction is under way, and the two after it share one.
    void work.commit(making('Q', []));
    await Promise.resolve();
    const published = work.commit(making('T')).catch((error) => error);
    const untold = outcome(work.commit(making('P', [])));
    expect(await published).toMatchObject({ code: 'OVERLOADED', outcome: 'none' });
    expect(await untold).toBe('done');
    comeBack();
    await lives.clock.pass(20_000);
    expect(lives.published()).toHaveLength(768);
    expect(await outcome(work.commit(making('T')))).toBe('done');
  });

  test('given a broker that is away, when very large events are made, then they are refused before memory is full of them', async () => {
    const { lives, work, comeBack } = await withoutBroker();
    const make = (key: string) => {
      const { publications, ...change } = making(key);
      return {
        ...change,
        publications: publications.map((one) => ({ ...one, cloudEvent: { ...one.cloudEvent, data: large(800_000) } })),
      };
    };
    let made = 0;
    while (made < 150 && (await outcome(work.commit(make(`L${made}`)))) === 'done') made++;
    expect(made).toBeLessThan(100);
    comeBack();
    await lives.clock.pass(20_000);
    expect(lives.published()).toHaveLength(made);
    expect(await outcome(work.commit(make('M')))).toBe('done');
  });
});

describe('the end', () => {
  test.each([
    ['the sidecar', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    ['the answer of the sidecar', () => new Promise<never>(() => undefined)],
  ])(
    'given %s is away, when a unit of work with open changes is closed, then it ends within seconds',
    async (_, gone) => {
      const lives = new Lives();
      let away = false;
      const before = () => (away ? gone() : undefined);
      const { work } = await lives.life({ before });
      await work.outbox.start();
      away = true;
      const open = [making('A'), making('B')].map((change) => outcome(work.commit(change)));
      await lives.clock.pass(1_000);
      const closed = outcome(work.close());
      await lives.clock.pass(9_000);
      expect(await closed).toBe('done');
      expect(open).toHaveLength(2);
    },
  );

  test('given an intent, when nothing can ever undo it, then it is refused before anything is begun', async () => {
    const { work } = await new Lives().life();
    const change = withState('A', {}, ['AGone']);
    const [event] = change.publications;
    const huge = { ...event!, cloudEvent: { ...event!.cloudEvent, data: large(950_000) } };
    await expect(work.intend({ ...change, publications: [huge] })).rejects.toBeInstanceOf(StoreRejected);
  });

  test('given a promise that came too late for whoever wanted it, when it stands in the store, then nothing of it is kept open', async () => {
    const lives = new Lives();
    let letGo = (): void => undefined;
    const before = (call: Call) =>
      call.body.includes('otherwise') ? new Promise<undefined>((done) => (letGo = () => done(undefined))) : undefined;
    const { work } = await lives.life({ before });
    await work.outbox.start();
    const intent = outcome(work.intend(making('A', ['AGone'])));
    await lives.clock.pass(20_000);
    expect(await intent).toBe('Unavailable');
    letGo();
    const closed = work.close();
    await lives.clock.pass(10_000);
    await closed;
    expect(lives.stored('outbox-rings')).toEqual({});
  });
});
