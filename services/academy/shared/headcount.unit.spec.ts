import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { answers, type Call, given, MemoryBackend } from '../../kit/testing/index.ts';
import lecture from '../lecture/service.ts';

const APP = 'academy-lecture';

/** What registration tells of a registration for lecture 1. */
const published = (id: number, type: 'CourseRegistrationCompleted' | 'CourseCanceled') => ({
  id: `${type}-${id}`,
  type,
  data: { id, lectureId: 1, studentId: 7, status: type === 'CourseCanceled' ? '취소 완료' : '결제 완료' },
});

const registration = fc.record({ id: fc.integer({ min: 200, max: 600 }), cancels: fc.boolean() });
const run = fc.record({
  all: fc.uniqueArray(registration, { selector: ({ id }) => id, minLength: 1, maxLength: 8 }),
  opensAfter: fc.nat({ max: 8 }),
  dice: fc.infiniteStream(fc.nat({ max: 11 })),
});

test('given two processes and lost writes, when events come in any order and again, then exactly the registered are counted', async () => {
  await fc.assert(
    fc.asyncProperty(run, async ({ all, opensAfter, dice }) => {
      const roll = (): number => dice.next().value ?? 0;
      let faulty = true;
      // Every call takes its time, so that the two come between each other's steps; and some are lost.
      const lose = async ({ kind }: Call) => {
        for (let turns = roll(); turns > 0; turns--) await turn();
        return faulty && kind === 'state-write' && roll() === 0 ? answers.cutOff() : undefined;
      };
      const backend = new MemoryBackend();
      const one = await given(APP, lecture, { backend, before: lose });
      const other = await given(APP, lecture, { backend, instance: `${APP}-2`, after: lose });
      const events = all.flatMap(({ id, cancels }) => [
        published(id, 'CourseRegistrationCompleted'),
        ...(cancels ? [published(id, 'CourseCanceled')] : []),
      ]);
      for (const event of events) one.put(event);
      const step = (replica: typeof one): Promise<unknown> =>
        backend.deliver(APP, {
          replica: replica.sidecar,
          choose: (waiting) => waiting.filter(() => roll() > 5),
          loseAnswer: roll() < 3,
        });
      for (let n = 0; n < 8; n++) {
        if (n === opensAfter) await one.request('POST', '/lectureSystems', { lectureName: 'korean' });
        await Promise.all([step(one), step(other)]);
      }
      faulty = false;
      // A lecture whose opening failed is opened now.
      if ((await one.rows('/lectureSystems')).length === 0)
        await one.eventually(async () =>
          expect((await one.request('POST', '/lectureSystems', { lectureName: 'korean' })).status).toBe(201),
        );
      const [first] = await one.rows('/lectureSystems');
      fc.pre(first?.id === 1);
      const expected = all.filter(({ cancels }) => !cancels);
      await one.eventually(async () => {
        expect((await other.request('GET', '/lectureSystems/1')).body.studentNumber).toBe(expected.length);
      });
      const listed = await one.rows('/lectureSystems/1/registrations');
      expect(listed.map(({ id }) => id)).toEqual(expected.map(({ id }) => id).sort((a, b) => a - b));
      await one.close();
      await other.close();
    }),
    { numRuns: 15 },
  );
}, 60_000);

test('given two processes, when each enters other registrations side by side, then the last to write has seen all of them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat({ max: 40 })), async (dice) => {
      const backend = new MemoryBackend();
      const before = async ({ kind }: Call): Promise<undefined> => {
        if (kind !== 'publish') for (let turns = dice.next().value ?? 0; turns > 0; turns--) await turn();
      };
      const one = await given(APP, lecture, { backend, before });
      const other = await given(APP, lecture, { backend, before, instance: `${APP}-2` });
      await one.request('POST', '/lectureSystems', { lectureName: 'korean' });
      await one.settle();
      for (const id of [1, 2, 300, 301]) one.put(published(id, 'CourseRegistrationCompleted'));
      const half = (first: boolean, { sidecar }: typeof one): Promise<unknown> =>
        backend.deliver(APP, {
          replica: sidecar,
          choose: (waiting) => waiting.filter((_, index) => (index % 2 === 0) === first),
        });
      await Promise.all([half(true, one), half(false, other)]);
      expect((await one.request('GET', '/lectureSystems/1')).body.studentNumber).toBe(4);
      await one.close();
      await other.close();
    }),
    { numRuns: 20 },
  );
}, 60_000);
