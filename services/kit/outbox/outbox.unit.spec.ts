import { jest } from '@jest/globals';
import { answers, type Call } from '../testing/index.ts';
import { Lives, making, outcome } from '../testing/lives.ts';

const publishes = ({ kind }: Call): boolean => kind === 'publish';
const away = answers.failure(500, 'ERR_PUBSUB_PUBLISH_MESSAGE', 'dial tcp: connection refused');

/** A broker that takes no event whose text holds `what()`; of a batch it takes the others. */
const refusing = (lives: Lives, what: () => string | undefined, error: string) => (call: Call) => {
  const text = what();
  if (!publishes(call) || !text || !call.body.includes(text)) return undefined;
  const failedEntries: object[] = [];
  for (const { entryId, event } of JSON.parse(call.body) as { entryId: string; event: string }[]) {
    if (event.includes(text)) failedEntries.push({ entryId, error });
    else lives.backend.broker.append('lecture', { data: Buffer.from(event) });
  }
  return answers.json(500, { failedEntries, errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE' });
};

/** An instance with a record of each of these documents, dead before anything was published. */
async function died(lives: Lives, keys: readonly string[], instance: string, change = making): Promise<void> {
  const never = new Promise<undefined>(() => undefined);
  const life = await lives.life({ before: (call) => (publishes(call) ? never : undefined) }, instance);
  await life.work.outbox.start();
  // One after the other, so each has a record of its own.
  for (const key of keys) await life.work.commit(change(key));
  life.kill();
}

/** A number of documents that are told. */
const keysOf = (count: number, name: string): string[] => Array.from({ length: count }, (_, n) => `${name}${n}`);

describe('nothing stands in front of everything', () => {
  test('given an event that its broker refuses as too large, when others are made, then it is parked and they go out', async () => {
    const lives = new Lives();
    const before = refusing(lives, () => 'TooLarge', 'kafka server: Message was too large, server rejected it');
    const { work } = await lives.life({ before });
    const parked: unknown[] = [];
    let full = true;
    work.outbox.parkWith(async ({ cloudEvent: { type } }, topic, reason) => {
      if (full) throw new Error('the store is away');
      parked.push([type, topic, reason]);
    });
    await work.outbox.start();
    await work.commit(making('A', ['TooLarge']));
    await work.commit(making('B'));
    await lives.clock.pass(500);
    expect(lives.published()).toEqual(['B BMade']);
    expect([work.outbox.backlog, work.outbox.stalled]).toEqual([1, expect.stringContaining('cannot be parked')]);
    full = false;
    await lives.clock.pass(5_000);
    expect(parked).toEqual([['TooLarge', 'lecture', expect.stringContaining('too large')]]);
    expect([work.outbox.backlog, work.outbox.stalled]).toEqual([0, undefined]);
  });

  test('given a topic whose broker is away, when events of another are made, then those go out', async () => {
    const lives = new Lives();
    const { work } = await lives.life({ before: (call) => (call.path.endsWith('-deadletter') ? away : undefined) });
    await work.outbox.start();
    await work.commit(making('D', ['DeadLetter']));
    await work.commit(making('A'));
    await lives.clock.pass(100);
    expect(lives.published()).toEqual(['A AMade']);
  });

  test('given a document whose first event is refused for a while, when others are made, then only its own events wait', async () => {
    const lives = new Lives();
    let refused: string | undefined = 'AFirst';
    const { work, calls } = await lives.life({ before: refusing(lives, () => refused, 'not now') });
    await work.outbox.start();
    await work.commit(making('A', ['AFirst', 'ASecond']));
    for (const key of keysOf(20, 'O')) await work.commit(making(key));
    await lives.clock.pass(3_000);
    expect(lives.published()).toEqual(expect.not.arrayContaining(['A ASecond']));
    expect(lives.published()).toHaveLength(20);
    refused = undefined;
    await lives.clock.pass(30_000);
    expect(lives.published().slice(20)).toEqual(['A AFirst', 'A ASecond']);
    for (const { body } of calls.filter(publishes)) expect(body.match(/subject\\":\\"A\\"/g)?.length).toBeLessThan(2);
  });

  test('given an event that is refused and a clock that is set back by an hour, when it is taken again, then it is published', async () => {
    const lives = new Lives();
    let refused: string | undefined = 'AMade';
    const { work } = await lives.life({ before: refusing(lives, () => refused, 'nobody knows') });
    await work.outbox.start();
    await work.commit(making('B'));
    await Promise.all([work.commit(making('A')), work.commit(making('C'))]);
    await lives.clock.pass(1_000);
    jest.spyOn(lives.clock, 'now').mockImplementation(() => lives.clock.monotonic() - 3_600_000);
    refused = undefined;
    await lives.clock.pass(60_000);
    expect(lives.published()).toContain('A AMade');
  });

  test('given an event refused without a known cause, when others of its topic go through, then it is parked', async () => {
    const lives = new Lives();
    const { work } = await lives.life({ before: refusing(lives, () => 'Odd', 'ERR nobody knows') });
    const parked: string[] = [];
    work.outbox.parkWith(async ({ cloudEvent }) => void parked.push(String(cloudEvent.type)));
    await work.outbox.start();
    await work.commit(making('A', ['Odd']));
    await lives.clock.pass(600_000);
    expect(parked).toEqual([]); // nobody knows whose fault it is
    for (const key of keysOf(500, 'O')) {
      await work.commit(making(key));
      await lives.clock.pass(1_000);
    }
    expect(parked).toEqual(['Odd']);
    expect(work.outbox.backlog).toBe(0);
  });

  test('given one event for which the sidecar never answers, when others are made, then they go out and it is parked', async () => {
    const lives = new Lives();
    const before = (call: Call) =>
      publishes(call) && call.body.includes('Poison') ? Promise.reject(new Error('socket hang up')) : undefined;
    const { work } = await lives.life({ before });
    const parked: string[] = [];
    work.outbox.parkWith(async ({ cloudEvent }) => void parked.push(String(cloudEvent.type)));
    await work.outbox.start();
    await Promise.all(
      [making('A', ['Poison']), ...keysOf(30, 'O').map((key) => making(key))].map((c) => work.commit(c)),
    );
    await lives.clock.pass(30_000);
    expect(lives.published()).toHaveLength(30);
    for (const key of keysOf(500, 'P')) {
      await work.commit(making(key));
      await lives.clock.pass(1_000);
    }
    expect(parked).toEqual(['Poison']);
    expect(lives.published()).toHaveLength(530);
  });

  test('given a request that the sidecar refuses because of one event, when each goes by itself, then that one alone is parked', async () => {
    const lives = new Lives();
    const before = (call: Call) =>
      publishes(call) && call.body.includes('Unreadable')
        ? answers.failure(400, 'ERR_PUBSUB_EVENTS_SER', 'no')
        : undefined;
    const { work } = await lives.life({ before });
    const parked: string[] = [];
    work.outbox.parkWith(async ({ cloudEvent }) => void parked.push(String(cloudEvent.type)));
    await work.outbox.start();
    await Promise.all([making('A', ['Unreadable']), making('B'), making('C')].map((change) => work.commit(change)));
    await lives.clock.pass(2_000);
    expect([parked, lives.published().sort()]).toEqual([['Unreadable'], ['B BMade', 'C CMade']]);
  });

  test('given a broker that is away for an hour, when it is back, then everything goes out and nothing was parked', async () => {
    const lives = new Lives();
    let gone = true;
    const { work } = await lives.life({ before: (call) => (gone && publishes(call) ? away : undefined) });
    const parked: unknown[] = [];
    work.outbox.parkWith(async (one) => void parked.push(one));
    await work.outbox.start();
    for (const key of keysOf(50, 'A')) await work.commit(making(key));
    await lives.clock.pass(42_000);
    expect(work.outbox.stalled).toMatch(/^the broker has taken no event for 42 s: .*connection refused/);
    expect(Math.round(work.outbox.age)).toBe(42);
    await lives.clock.pass(600_000);
    gone = false;
    await lives.clock.pass(10_000);
    expect([lives.published().length, parked, work.outbox.stalled]).toEqual([50, [], undefined]);
  });
});

describe('start and recovery', () => {
  test('given a broker that is away, when a process dies and the next takes up its events, then they wait since the commit', async () => {
    const lives = new Lives();
    const time = new Date(lives.clock.now()).toISOString();
    await died(lives, ['A'], 'class-1', (key) => {
      const { publications, ...more } = making(key);
      return {
        ...more,
        publications: publications.map((one) => ({ ...one, cloudEvent: { ...one.cloudEvent, time } })),
      };
    });
    await lives.clock.pass(100_000);
    const { work } = await lives.life({ before: (call) => (publishes(call) ? away : undefined) });
    await work.outbox.start();
    await work.commit(making('B'));
    expect(Math.round(work.outbox.age)).toBe(100);
    await lives.clock.pass(20_000);
    expect(Math.round(work.outbox.age)).toBe(120);
  });

  test('given records of an earlier life and a broker that is away, when the instance starts, then it is started at once', async () => {
    const lives = new Lives();
    await died(lives, keysOf(10, 'A'), 'class-1');
    let gone = true;
    const { work } = await lives.life({ before: (call) => (gone && publishes(call) ? away : undefined) });
    await work.outbox.start();
    expect(await outcome(work.commit(making('B')))).toBe('done');
    await lives.clock.pass(60_000);
    expect([lives.published(), work.outbox.backlog]).toEqual([[], 11]);
    gone = false;
    await lives.clock.pass(10_000);
    expect(lives.published()).toHaveLength(11);
  });

  test('given an orphan and a broker that is away, when a minute goes by, then it was taken up once, by one of two instances', async () => {
    const lives = new Lives();
    await died(lives, keysOf(10, 'A'), 'dead');
    await lives.clock.pass(20_000);
    let gone = true;
    const before = (call: Call) => (gone && publishes(call) ? away : undefined);
    const heirs = [await lives.life({ before }, 'heir-1'), await lives.life({ before }, 'heir-2')];
    for (const { work } of heirs) await work.outbox.start();
    await lives.clock.pass(60_000);
    expect(heirs.map(({ work }) => work.outbox.backlog).sort()).toEqual([0, 10]);
    gone = false;
    await lives.clock.pass(120_000);
    expect(lives.published()).toHaveLength(10);
  });

  test('given an orphan whose adopter dies too, when a third instance takes it up after hours, then it publishes it', async () => {
    const lives = new Lives();
    await died(lives, ['A'], 'dead');
    await lives.clock.pass(2 * 3_600_000);
    const second = await lives.life({ before: (call) => (publishes(call) ? away : undefined) }, 'second');
    await second.work.outbox.start();
    await lives.clock.pass(60_000);
    second.kill();
    await lives.clock.pass(2 * 3_600_000);
    const third = await lives.life({}, 'third');
    await third.work.outbox.start();
    await lives.clock.pass(60_000);
    expect(lives.published()).toEqual(['A AMade']);
  });

  test('given an owner that was only paused, when a record of it comes late, then it is published once', async () => {
    const lives = new Lives();
    const held: (() => void)[] = [];
    let tries = 0;
    // The second change is refused, and written again by itself: that reaches the store only when it is let go, and the
    // third one before that.
    const before = (call: Call) => {
      if (publishes(call)) return new Promise<undefined>(() => undefined);
      if (!call.body.includes('"key":"Late"')) return undefined;
      return tries++ === 0
        ? answers.transactionFailed('deadlock')
        : new Promise<undefined>((resolve) => held.push(() => resolve(undefined)));
    };
    const { work } = await lives.life({ before }, 'paused');
    await work.outbox.start();
    await work.commit(making('First'));
    void work.commit(making('Late')).catch(() => undefined);
    await lives.clock.pass(100);
    await work.commit(making('Third'));
    // Its renewals stand still too: a process that is paused renews nothing.
    Object.assign(work.outbox, { lookAfter: () => Promise.resolve() });
    await lives.clock.pass(20_000);
    const heir = await lives.life({}, 'heir');
    await heir.work.outbox.start();
    await lives.clock.pass(1_000);
    expect(lives.published()).toEqual(['First FirstMade', 'Third ThirdMade']);
    for (const letGo of held) letGo();
    await lives.clock.pass(60_000);
    expect(lives.published()).toEqual(['First FirstMade', 'Third ThirdMade', 'Late LateMade']);
  });

  test('given a nearly full ring that begins with an intent, when the instance starts, then the intent is carried out', async () => {
    const lives = new Lives();
    const first = await lives.life({
      before: (call) => (publishes(call) ? new Promise<undefined>(() => undefined) : undefined),
    });
    await first.work.outbox.start();
    await first.work.intend(making('Begun', ['BegunGone']));
    // An old version left as many as this; new work of this one leaves more room.
    const transaction = first.sidecar.write.bind(first.sidecar);
    for (let seq = 1; seq < 1_020; seq++) {
      const { document, key, cause, publications } = making(`A${seq}`);
      const entries = [{ key, cause, version: 1, publications }];
      await transaction([
        { key, value: document },
        { key: `outbox-class-1-${seq}`, value: { seq, retired: 0, entries } },
      ]);
    }
    first.kill();
    const second = await lives.life();
    await second.work.outbox.start();
    await lives.clock.pass(30_000);
    expect(second.work.outbox.backlog).toBe(0);
    expect(lives.published()).toHaveLength(1_020);
    expect(lives.published()).toContain('Begun BegunGone');
    expect(await outcome(second.work.commit(making('New')))).toBe('done');
  });

  test('given a late record of a former life, when the next life dies before it is published, then the one after publishes it', async () => {
    const lives = new Lives();
    await died(lives, ['A'], 'class-1');
    let gone = false;
    const second = await lives.life({ before: (call) => (gone && publishes(call) ? away : undefined) });
    await second.work.outbox.start();
    await lives.clock.pass(1_000);
    gone = true;
    // Its last transaction reaches the store now.
    const { document, key, cause, publications } = making('Late');
    const record = { seq: 1, retired: 0, entries: [{ key, cause, version: 1, publications }] };
    await second.sidecar.write([
      { key, value: document },
      { key: 'outbox-class-1-1', value: record },
    ]);
    await lives.clock.pass(4_000);
    await second.work.commit(making('New'));
    expect(second.work.outbox.backlog).toBe(2);
    second.kill();
    const third = await lives.life();
    await third.work.outbox.start();
    await lives.clock.pass(10_000);
    expect(lives.published().sort()).toEqual(['A AMade', 'Late LateMade', 'New NewMade']);
  });

  test('given many commits in the air when an instance dies, when the store takes them after its next start, then all are told', async () => {
    const lives = new Lives();
    const inTheAir: Call[] = [];
    let isSlow = false;
    const before = (call: Call) => {
      if (!isSlow || call.kind !== 'state-write' || call.body.includes('outbox-rings')) return undefined;
      // Several at once are refused, and each by itself is not answered.
      if ((call.body.match(/upsert/g)?.length ?? 0) > 2) return answers.transactionFailed('lock wait timeout');
      inTheAir.push(call);
      return new Promise<undefined>(() => undefined);
    };
    const first = await lives.life({ before });
    await first.work.outbox.start();
    isSlow = true;
    for (const count of [63, 64]) {
      for (const key of keysOf(count, `D${count}-`)) void first.work.commit(making(key)).catch(() => undefined);
      await lives.clock.pass(100);
    }
    first.kill();
    const { work, sidecar } = await lives.life();
    await work.outbox.start();
    for (const { path, body } of inTheAir) await sidecar.request('POST', path, body);
    await lives.clock.pass(60_000);
    expect(inTheAir.length).toBeGreaterThan(64);
    expect(lives.published()).toHaveLength(inTheAir.length);
  });

  test('given batches of causes on a document of Redis since its event was due, when the next life starts, then it is published', async () => {
    const lives = new Lives({ state: 'redis' });
    await died(lives, ['A'], 'class-1');
    const { sidecar, work } = await lives.life();
    const causes = Array.from({ length: 100 }, (_, n) => `event-${n}#${n < 50 ? 'second' : 'third'}`);
    await sidecar.write([{ key: 'A', value: { id: 1, state: { name: 'A' }, version: 3, causes } }]);
    await work.outbox.start();
    await lives.clock.pass(500);
    expect(lives.published()).toEqual(['A AMade']);
  });

  test('given a ring whose records are too large for one answer, when it is read, then it is read in parts', async () => {
    const lives = new Lives();
    await died(lives, keysOf(5, 'A'), 'class-1');
    const after = ({ kind, body }: Call) =>
      kind === 'state-read' && (body.match(/outbox-class-1/g)?.length ?? 0) > 10 ? answers.cutOff(200) : undefined;
    const { work, sidecar } = await lives.life({ after });
    await work.outbox.start();
    const { document, key, cause, publications } = making('Late');
    const record = { seq: 5, retired: 0, entries: [{ key, cause, version: 1, publications }] };
    await sidecar.write([
      { key, value: document },
      { key: 'outbox-class-1-5', value: record },
    ]);
    await lives.clock.pass(10_000);
    expect(lives.published()).toHaveLength(6);
  });

  test('given an instance that ends in order, when another one looks, then nothing is published again', async () => {
    const lives = new Lives();
    await died(lives, ['A'], 'class-1');
    const second = await lives.life();
    await second.work.outbox.start();
    await second.work.commit(making('B'));
    await lives.clock.pass(1_000);
    const closed = second.work.close();
    await lives.clock.pass(10_000);
    await closed;
    expect(lives.stored('outbox-rings')).toEqual({});
    const third = await lives.life();
    await third.work.outbox.start();
    await lives.clock.pass(10_000);
    expect(lives.published()).toEqual(['A AMade', 'B BMade']);
  });

  test('given an instance that has handed over its ring, when a change comes, then it is refused, for nobody would publish it', async () => {
    const lives = new Lives();
    const { work } = await lives.life();
    await work.outbox.start();
    const closed = work.close();
    await lives.clock.pass(1_000);
    await closed;
    const late = outcome(work.commit(making('A')));
    await lives.clock.pass(60_000);
    const { work: other } = await lives.life({}, 'class-2');
    await other.outbox.start();
    await lives.clock.pass(120_000);
    expect([await late, lives.stored('A'), lives.published()]).toEqual(['Overloaded', undefined, []]);
  });
});
