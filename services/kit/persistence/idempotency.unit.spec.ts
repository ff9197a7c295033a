import { expect } from '@jest/globals';
import { aggregate, type Decision, decided, ended, type Identified, RuleViolation } from '../domain/index.ts';
import { CalleeUnavailable } from '../errors.ts';
import { answers, type Call } from '../testing/index.ts';
import { type GivenRecords, givenRecords } from './given-records.ts';
import { type Command, causeOf, type Outcome } from './idempotency.ts';
import { keyPart, naturalKey } from './keys.ts';
import { byId } from './ref.ts';

interface Course extends Identified {
  readonly fee: number;
}
const Course = aggregate<Course>('Course');
const Payment = aggregate<Course>('Payment', { keyedBy: 'fee' });

/** A command under an Idempotency-Key; the same `request` is the same method, path and body. */
const keyed = (key: string, request: string): Command => ({ cause: `key-${key}`, fingerprint: request });
let others = 0;
const other = (): Command => ({ cause: `other-${++others}` });

const post = ({ records }: GivenRecords, command: Command, fee = 1) =>
  records.create(Course, command, (id) => decided({ id, fee }));
const patch = ({ records }: GivenRecords, id: number, command: Command, fee: number) =>
  records.change(byId(Course, id), command, (course) => (course.fee === fee ? undefined : decided({ ...course, fee })));
const raise = ({ records }: GivenRecords, id: number, command: Command) =>
  records.change(byId(Course, id), command, (course) => decided({ ...course, fee: course.fee + 1 }));
const remove = ({ records }: GivenRecords, id: number, command: Command) =>
  records.change(byId(Course, id), command, () => ended());

/** 50 events that change a course together, as reactions do. */
async function batch({ records }: GivenRecords, id: number): Promise<void> {
  const [loaded] = await records.load([`Course-${id}`]);
  const course = loaded!.document!.state as Course;
  const causes = Array.from({ length: 50 }, () => other().cause);
  const changed: Course = { id, fee: course.fee + causes.length };
  await records.commit(Course, loaded!, { id, state: changed }, causes, []);
}

/** The answer without what tells whether the command was done now or before. */
const firstTime = (answer: Course | Outcome<Course>) => ('kind' in answer ? answer.state : answer);

const USED = 'this Idempotency-Key was used for another request; use a new one';

describe.each(['mysql', 'redis'] as const)('an Idempotency-Key on %s', (kind) => {
  /** Each method once, the answer it gives, and what it does to a course. */
  const methods = {
    POST: {
      send: (given: GivenRecords, _: number, command: Command) => post(given, command, 7),
      answer: (_: number) => ({ fee: 7 }),
    },
    PATCH: { send: raise, answer: (id: number) => ({ kind: 'changed', state: { id, fee: 2 } }) },
    'PATCH that changes nothing': {
      send: (given: GivenRecords, id: number, command: Command) => patch(given, id, command, 1),
      answer: (id: number) => ({ kind: 'unchanged', state: { id, fee: 1 } }),
    },
    DELETE: { send: remove, answer: () => ({ kind: 'ended' }) },
  };
  const meanwhile = {
    nothing: async () => undefined,
    'a change': async (given: GivenRecords, id: number) => void (await patch(given, id, other(), 50)),
    'a deletion': async (given: GivenRecords, id: number) => void (await remove(given, id, other())),
    '150 changes': async (given: GivenRecords, id: number) => {
      for (let i = 0; i < 150; i++) await raise(given, id, other());
    },
    'three batches of 50 events': async (given: GivenRecords, id: number) => {
      for (let i = 0; i < 3; i++) await batch(given, id);
    },
  };
  const cases = Object.entries(methods).flatMap(([method, one]) =>
    Object.entries(meanwhile).map(([what, between]) => ({ method, what, ...one, between })),
  );

  test.each(cases)(
    'given $method and $what meanwhile, when it is repeated, then it has one effect and the first answer',
    async ({ method, send, answer, between }) => {
      const given = await givenRecords({ kind });
      const course = await post(given, other());
      const first = await send(given, course.id, keyed('k', 'r'));
      expect(first).toMatchObject(answer(course.id));
      const target = method === 'POST' ? (first as Course).id : course.id;
      if (method !== 'DELETE') await between(given, target);
      const before = await given.records.get(Course, target);

      const elsewhere = await given.another();
      for (const process of [given, elsewhere]) {
        expect(firstTime(await send(process, course.id, keyed('k', 'r')))).toEqual(firstTime(first));
        await expect(send(process, course.id, keyed('k', 'another'))).rejects.toThrow(USED);
      }
      expect(await given.records.get(Course, target)).toEqual(before);
      expect((await given.records.list(Course, { number: 0, size: 10 })).items.length).toBeLessThanOrEqual(2);
    },
  );

  test.each(cases.filter(({ what }) => what === 'nothing'))(
    'given $method comes five times at once to two processes, then it has one effect and one answer',
    async ({ send, method }) => {
      const given = await givenRecords({ kind });
      const elsewhere = await given.another();
      const course = await post(given, other());
      const answers = await Promise.all(
        [given, elsewhere, given, elsewhere, given].map((process) => send(process, course.id, keyed('k', 'r'))),
      );
      for (const answer of answers) expect(firstTime(answer)).toEqual(firstTime(answers[0]!));
      const { items } = await given.records.list(Course, { number: 0, size: 10 });
      expect(items.length).toBe(method === 'POST' ? 2 : method === 'DELETE' ? 0 : 1);
      if (method === 'PATCH') expect(items).toEqual([{ id: course.id, fee: 2 }]);
    },
  );

  test('given different requests under one key come at once, one has its effect and the others are refused', async () => {
    const given = await givenRecords({ kind });
    const ids = [(await post(given, other())).id, (await post(given, other())).id, (await post(given, other())).id];
    const outcomes = await Promise.allSettled(ids.map((id) => raise(given, id, keyed('k', `PATCH ${id}`))));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { items } = await given.records.list(Course, { number: 0, size: 10 });
    expect(items.filter(({ fee }) => fee === 2)).toHaveLength(1);
  });

  test.each(['POST', 'PATCH', 'DELETE'] as const)(
    'given a process stops between claim and commit of a %s, when others go on, then its own commit is too late',
    async (method) => {
      const { send } = methods[method];
      let isStopping = false;
      let claimed = (): void => undefined;
      let goOn = (): void => undefined;
      const hasClaimed = new Promise<void>((resolve) => {
        claimed = resolve;
      });
      const stopped = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const slow = await givenRecords({
        kind,
        before: async ({ kind: call, body }) => {
          if (isStopping && call === 'state-write' && body.includes('"mark"')) {
            claimed();
            await stopped;
          }
          return undefined;
        },
      });
      const course = await post(slow, other());
      isStopping = true;
      const late = Promise.resolve(send(slow, course.id, keyed('k', 'r')));
      await hasClaimed;
      const given = await givenRecords({ kind, backend: slow.backend, clock: slow.clock });
      await expect(send(given, course.id, keyed('k', 'another'))).rejects.toThrow(USED);
      const answer = await send(given, course.id, keyed('k', 'r'));
      const { id } = method === 'POST' ? (answer as Course) : course;
      if (method !== 'DELETE') await patch(given, id, other(), 50);
      goOn();
      for (const repetition of [await late, await send(given, course.id, keyed('k', 'r'))])
        expect(firstTime(repetition)).toEqual(firstTime(answer));
      const { items } = await given.records.list(Course, { number: 0, size: 10 });
      expect(items.map(({ fee }) => fee)).toEqual({ POST: [1, 50], PATCH: [50], DELETE: [] }[method]);
    },
  );

  test('given a command that was refused, nothing is kept and the key is free', async () => {
    const given = await givenRecords({ kind });
    const course = await post(given, other());
    const no = (): never => {
      throw new RuleViolation('no');
    };
    await expect(given.records.create(Course, keyed('k', 'a'), no)).rejects.toThrow('no');
    await expect(given.records.change(byId(Course, course.id), keyed('k', 'b'), no)).rejects.toThrow('no');
    await expect(given.records.createAfter(Course, keyed('k', 'c'), async () => no())).rejects.toThrow('no');
    expect(await raise(given, 77, keyed('k', 'd'))).toEqual({ kind: 'missing' });
    expect(await raise(given, course.id, keyed('k', 'e'))).toEqual({
      kind: 'changed',
      state: { id: course.id, fee: 2 },
    });
  });

  test('given keys that begin alike, each is a key of its own', async () => {
    const given = await givenRecords({ kind });
    const { id } = await post(given, other());
    for (const [index, key] of ['b#2', 'b', 'b#', 'B', 'b ', 'a||b', '열쇠', 'x'.repeat(128)].entries())
      expect(await raise(given, id, keyed(key, 'r'))).toEqual({ kind: 'changed', state: { id, fee: index + 2 } });
  });

  test('given a record under the natural key already, the answer is what it was then', async () => {
    const given = await givenRecords({ kind });
    const pay = (command: Command) =>
      given.records.create(Payment, command, (id) => decided({ id, fee: 5 }), { key: 5 });
    const first = await pay(other());
    expect(await pay(keyed('k', 'r'))).toEqual(first);
    await given.records.change(byId(Payment, first.id), other(), () => ended());
    expect(await pay(keyed('k', 'r'))).toEqual(first);
    await expect(pay(keyed('k', 'another'))).rejects.toThrow(USED);
    await expect(pay(keyed('l', 'r'))).rejects.toThrow('was cancelled before it was made');
  });

  test('given the store applied an answer without its change, as Redis does, the answer does not count', async () => {
    const given = await givenRecords({ kind });
    const { id } = await post(given, other());
    const command = keyed('k', 'r');
    await given.sidecar.write([
      {
        key: `idempotency-${keyPart(command.cause)}`,
        value: {
          fingerprint: 'r',
          id,
          answer: { state: { id, fee: 99 }, at: `Course-${id}`, mark: 'never', version: 2 },
        },
      },
    ]);
    for (const kind of ['changed', 'repeated'])
      expect(await raise(given, id, command)).toEqual({ kind, state: { id, fee: 2 } });
  });

  test('given a claim as a former version wrote it, its record is the answer', async () => {
    const given = await givenRecords({ kind });
    const { id } = await post(given, other());
    await given.sidecar.write([{ key: `idempotency-${keyPart('key-k')}`, value: { fingerprint: 'r', id } }]);
    expect(await post(given, keyed('k', 'r'), 7)).toEqual({ id, fee: 1 });
    expect(await given.records.claimId(Course, keyed('k', 'r'))).toBe(id);
  });

  test('given a store that takes no writes, when commands come, then each ends after a few calls, and says why', async () => {
    let isAway = false;
    const before = ({ kind: what }: Call) =>
      isAway && what === 'state-write' ? answers.transactionFailed('the server is read-only') : undefined;
    const given = await givenRecords({ kind, before });
    const { id } = await post(given, other());
    given.pass(10_000);
    isAway = true;
    for (const send of [() => post(given, keyed('k', 'r')), () => raise(given, id, keyed('l', 'r'))]) {
      given.calls.length = 0;
      await expect(send()).rejects.toThrow('the store did not do it');
      expect(given.calls.length).toBeLessThan(10);
    }
  });

  test('given a command without a key, it takes as many calls as ever', async () => {
    const given = await givenRecords({ kind });
    const { id } = await post(given, other());
    given.calls.length = 0;
    await post(given, other());
    expect(given.calls.map((call) => call.kind)).toEqual(['state-write']);
    given.calls.length = 0;
    await raise(given, id, other());
    expect(given.calls.map((call) => call.kind)).toEqual(['state-read', 'state-write']);
  });
});

describe('what is made after the part of another service', () => {
  const steps = (ask: () => Promise<boolean>) => async (id: number) => ({
    otherwise: ended() as Decision<Course>,
    ask,
    decide: () => decided({ id, fee: 3 }),
  });

  test('given it was made, changed and deleted, a repetition gets the first answer and asks nobody', async () => {
    const given = await givenRecords();
    let asked = 0;
    const ask = async (): Promise<boolean> => ++asked > 0;
    const first = await given.records.createAfter(Course, keyed('k', 'r'), steps(ask));
    await raise(given, first.id, other());
    expect(await given.records.createAfter(Course, keyed('k', 'r'), steps(ask))).toEqual({ id: first.id, fee: 3 });
    await remove(given, first.id, other());
    expect(await given.records.createAfter(Course, keyed('k', 'r'), steps(ask))).toEqual({ id: first.id, fee: 3 });
    expect(asked).toBe(1);
    await expect(given.records.createAfter(Course, keyed('k', 'x'), steps(ask))).rejects.toThrow(USED);
    await expect(remove(given, first.id, keyed('k', 'DELETE'))).rejects.toThrow(USED);
  });

  test('given a first try that was given up, the repetition under the same key starts afresh', async () => {
    const given = await givenRecords();
    const slow = async (): Promise<boolean> => {
      throw new CalleeUnavailable('pay', 'timeout', true);
    };
    await expect(given.records.createAfter(Course, keyed('k', 'r'), steps(slow))).rejects.toThrow('pay is too slow');
    const made = await given.records.createAfter(
      Course,
      keyed('k', 'r'),
      steps(async () => true),
    );
    expect(
      await given.records.createAfter(
        Course,
        keyed('k', 'r'),
        steps(async () => true),
      ),
    ).toEqual(made);
    expect((await given.records.list(Course, { number: 0, size: 10 })).items).toEqual([made]);
  });

  test('given it comes several times at once to two processes, one is made', async () => {
    const given = await givenRecords();
    const elsewhere = await given.another();
    const made = await Promise.all(
      [given, elsewhere, given, elsewhere].map(({ records }) =>
        records.createAfter(
          Course,
          keyed('k', 'r'),
          steps(async () => true),
        ),
      ),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await given.records.list(Course, { number: 0, size: 10 })).items).toHaveLength(1);
  });

  test('given a repetition while it is made, when the record was changed since, then it gets the first answer', async () => {
    const given = await givenRecords();
    let [begin, pay] = [(): void => undefined, (): void => undefined];
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const paid = new Promise<void>((resolve) => {
      pay = resolve;
    });
    const ask = async (): Promise<boolean> => {
      begin();
      await paid;
      return true;
    };
    const first = given.records.createAfter(Course, keyed('k', 'r'), steps(ask));
    await begun;
    const elsewhere = await givenRecords({
      backend: given.backend,
      clock: given.clock,
      before: async ({ kind, path }) => {
        if (kind !== 'state-read' || !path.includes('/Course-')) return undefined;
        pay();
        await raise(given, (await first).id, other());
        return undefined;
      },
    });
    expect(await elsewhere.records.createAfter(Course, keyed('k', 'r'), steps(ask))).toEqual(await first);
  });

  test('given a cancellation that waits for it, when the other service did its part, then that is undone', async () => {
    const given = await givenRecords();
    const nowhere = { key: naturalKey(Payment, 5), etag: undefined, document: undefined };
    await given.records.commit(Payment, nowhere, { id: 0, state: null, waiting: [{ id: 'early' }] }, ['early'], []);
    const made = given.records.createAfter(Payment, other(), async (id) => ({
      key: 5,
      otherwise: ended({ type: 'Undone', data: {} }),
      ask: async () => true,
      decide: () => decided({ id, fee: 5 }),
    }));
    await expect(made).rejects.toThrow('was cancelled before it was made');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const published = given.backend.broker.messages('things').map(({ data }) => JSON.parse(data.toString()).type);
    expect(published).toEqual(['Undone']);
  });

  test('given nobody is to be asked, it is made after its steps alone', async () => {
    const given = await givenRecords();
    const plain = async (id: number) => ({ key: 5, decide: () => decided({ id, fee: 5 }) });
    const first = await given.records.createAfter(Payment, keyed('k', 'r'), plain);
    expect(await given.records.createAfter(Payment, keyed('k', 'r'), plain)).toEqual(first);
    expect(await given.records.answered(Payment, keyed('k', 'r'))).toEqual({ kind: 'repeated', state: first });
    expect(await given.records.answered(Payment, other())).toBeUndefined();
  });
});

describe('keys', () => {
  test.each(['', ' ', 'a ', 'a||b', 'ß', '열쇠', 'a\u0000b', 'x'.repeat(101), 'x'.repeat(43), '\ud800'])(
    'given the text %j, its part of a key is legal and no other text’s',
    (text) => {
      const part = keyPart(text);
      expect(part).toMatch(/^[\w./:-]{1,100}$/);
      expect(part).not.toBe(text);
      expect(keyPart(part)).not.toBe(part);
    },
  );

  test('given plain numbers and names, they stand in the key as they are', () => {
    expect(['P00000005', 'p00000005', 'Payment-of-3/1.0'].map(keyPart)).toEqual([
      'P00000005',
      'p00000005',
      'Payment-of-3/1.0',
    ]);
    expect(naturalKey(Payment, 7)).toBe('Payment-of-7');
    expect(naturalKey(Payment, 'direct-a.b/c:1')).toBe('Payment-of-direct-a.b/c:1');
    expect(naturalKey(Course, 7)).toBe('Course-7');
  });

  test('given a number in a form a store would not know, it is hashed', () => {
    expect(naturalKey(Course, 1e21)).not.toContain('+');
    expect(naturalKey(Course, 'x||y')).not.toContain('|');
  });

  test('given an event that brings a record under an illegal key, it is written and found', async () => {
    const { records } = await givenRecords();
    const made = await records.create(
      Payment,
      { cause: 'dead-x||y', fingerprint: 'dead-x||y' },
      (id) => decided({ id, fee: 1 }),
      {
        key: 'x||y ',
      },
    );
    expect(await records.findBy(Payment, 'fee', 'x||y ')).toEqual([made]);
    expect(await records.findBy(Payment, 'fee', 'x||y')).toEqual([]);
  });

  test('given the same key a day later with another request, documents take it for another command', () => {
    expect(causeOf(keyed('k', 'a'))).not.toBe(causeOf(keyed('k', 'b')));
  });
});

// A store that is atomic leaves none.
test('given a late try on Redis that left an answer of its own, when the next is made, then repetitions get its answer', async () => {
  const command = keyed('k', 'r');
  let isLate = true;
  const given = await givenRecords({
    kind: 'redis',
    before: async ({ kind: call, body }) => {
      if (call === 'state-write' && body.includes('"mark"') && isLate) {
        isLate = false;
        const value = { state: { id: 99, fee: 1 }, at: 'Course-99', mark: 'never', version: 1 };
        await given.sidecar.write([{ key: `idempotency-${keyPart(command.cause)}-answer`, value }]);
      }
      return undefined;
    },
  });
  const first = await post(given, command);
  await patch(given, first.id, other(), 50);
  expect(isLate).toBe(false);
  expect(await post(given, command)).toEqual(first);
});
