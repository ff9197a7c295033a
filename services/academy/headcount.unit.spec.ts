import fc from 'fast-check';
import type { Decision, Identified, Records } from '../kit/index.ts';
import { headcount } from './headcount.ts';
import { Lecture, openLecture, type Roll } from './lecture/domain.ts';

type Decide = (state: Identified) => Decision<Identified> | undefined | Promise<Decision<Identified> | undefined>;

class Killed extends Error {}

/** Records that keep the kit's promise and no more; at every step another process may come in between, or this one be killed. */
class Store {
  readonly documents = new Map<string, { state: Identified; version: number }>();

  constructor(private readonly step: () => Promise<void>) {}

  async change(kind: { name: string }, key: number | string, _: unknown, decide: Decide): Promise<unknown> {
    const name = `${kind.name} ${key}`;
    for (;;) {
      await this.step();
      const before = this.documents.get(name);
      if (!before) return undefined;
      const decision = await decide(before.state);
      if (!decision?.state) return before;
      await this.step();
      if (this.documents.get(name)?.version !== before.version) continue;
      this.documents.set(name, { state: decision.state, version: before.version + 1 });
      return decision;
    }
  }
  students(): number {
    return (this.documents.get('LectureSystem 1')!.state as Lecture).studentNumber;
  }
  async create(
    kind: { name: string },
    _: unknown,
    decide: (id: number) => Decision<Identified>,
    { key }: { key: string },
  ) {
    await this.step();
    const name = `${kind.name} ${key}`;
    if (!this.documents.has(name)) this.documents.set(name, { state: decide(1).state!, version: 1 });
  }
  async findBy(_: unknown, field: keyof Roll, value: string): Promise<unknown[]> {
    await this.step();
    const rolls = [...this.documents].flatMap(([name, { state }]) => (name.startsWith('Roll ') ? [state as Roll] : []));
    return rolls.filter((roll) => String(roll[field]) === value);
  }
}

test('given registrations before and after a lecture is opened, when processes interleave, are killed anywhere and do it again, then it counts exactly who is registered', async () => {
  const students = fc.uniqueArray(fc.record({ id: fc.integer({ min: 200, max: 600 }), cancels: fc.boolean() }), {
    selector: ({ id }) => id,
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), students, fc.infiniteStream(fc.nat({ max: 12 })), async (scheduler, all, dice) => {
      let mortal = true;
      const store = new Store(async () => {
        if (mortal && dice.next().value === 0) throw new Killed();
        await scheduler.schedule(Promise.resolve());
      });
      const process = (): (() => Promise<void>)[] => {
        const counting = headcount(store as unknown as Records, Lecture, 'id');
        const time = '2026-11-21T00:00:00.000Z';
        const registrations = all.flatMap(({ id, cancels }) => {
          const fields = { id, lectureId: 1, studentId: 7 };
          const enter = (status: '결제 완료' | '취소 완료') => () =>
            counting.enter({ ...fields, status } as never, { time });
          return [enter('결제 완료'), ...(cancels ? [enter('취소 완료')] : [])];
        });
        const open = async (): Promise<void> => {
          await scheduler.schedule(Promise.resolve());
          if (!store.documents.has('LectureSystem 1'))
            store.documents.set('LectureSystem 1', { state: openLecture(1, { lectureName: 'x' }).state!, version: 1 });
          await counting.begin(1);
        };
        return [...registrations, open];
      };
      const survive = (work: () => Promise<void>) =>
        work().catch((error) => {
          if (!(error instanceof Killed)) throw error;
        });
      const [one, other] = [process(), process()];
      await scheduler.waitFor(Promise.all([...one, ...other].map(survive)));
      // What failed comes again; what did not fail need not.
      mortal = false;
      await scheduler.waitFor(
        Promise.all(
          process()
            .reverse()
            .map((work) => work()),
        ),
      );
      expect(store.students()).toBe(all.filter(({ cancels }) => !cancels).length);
    }),
    { numRuns: 200 },
  );
});

test('given two processes, when each enters another registration side by side, then the last to write has seen both', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const store = new Store(() => scheduler.schedule(Promise.resolve()));
      store.documents.set('LectureSystem 1', { state: openLecture(1, { lectureName: 'x' }).state!, version: 1 });
      const works = [1, 2, 300].map((id) => {
        const counting = headcount(store as unknown as Records, Lecture, 'id');
        return counting.enter({ id, lectureId: 1, studentId: 7, status: '결제 완료' }, { time: '' });
      });
      await scheduler.waitFor(Promise.all(works));
      expect(store.students()).toBe(3);
    }),
    { numRuns: 300 },
  );
});
