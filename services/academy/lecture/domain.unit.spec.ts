import fc from 'fast-check';
import {
  type Entry,
  enter,
  lastStatus,
  newestRolls,
  partOf,
  type Roll,
  recount,
  startRoll,
  studentsOn,
} from '../shared/roll.ts';
import { cancelAgain, cancelLecture, type Lecture, openLecture, renameLecture } from './domain.ts';

const lecture = openLecture(1, { lectureName: 'korean' }).state!;
const published = (studentNumber: number) => ({ id: 1, lectureName: 'korean', studentNumber });

describe('a lecture', () => {
  test('given a name, when it is opened, then it has no students, and that is published', () => {
    expect(openLecture(1, { lectureName: 'korean' })).toEqual({
      state: { ...published(0), canceled: false, rolls: {} },
      events: [{ type: 'LectureOpened', data: published(0) }],
    });
  });

  test('given a lecture, when it is renamed, then nothing is published', () => {
    expect(renameLecture(lecture, { lectureName: 'english' })).toEqual({
      state: { ...lecture, lectureName: 'english' },
      events: [],
    });
  });

  test('given a lecture with students, when it is cancelled, then it is published with its number of students, again if need be', () => {
    const { state, events } = cancelLecture({ ...lecture, studentNumber: 3 });
    expect(state).toMatchObject({ canceled: true });
    expect(events).toEqual([{ type: 'OpenedCanceled', data: published(3) }]);
    expect(cancelAgain(state!)).toEqual({ state, events });
  });

  test('given a cancelled lecture, when it is cancelled or renamed, then there is none', () => {
    const canceled: Lecture = { ...lecture, canceled: true };
    for (const act of [() => cancelLecture(canceled), () => renameLecture(canceled, { lectureName: 'x' })])
      expect(act).toThrow(expect.objectContaining({ status: 404 }));
  });
});

const completed = (id: number, at = id): Entry => ({ id, lectureId: 1, studentId: 7, status: '결제 완료', at });
const canceled = (id: number, at: number): Entry => ({ id, lectureId: 1, studentId: 7, status: '취소 완료', at });

/** The rolls after these entries, and the lecture that counts them. */
function resultOf(entries: readonly Entry[]): { lecture: Lecture; rolls: Roll[] } {
  const rolls = new Map<string, Roll>();
  for (const entry of entries) {
    const roll = rolls.get(partOf(entry)) ?? startRoll(entry, 1);
    rolls.set(roll.part, enter(roll, [entry])?.state ?? roll);
  }
  return { lecture: recount(lecture, [...rolls.values()])?.state ?? lecture, rolls: [...rolls.values()] };
}

describe('its students', () => {
  test('given registrations with numbers far apart, when they are completed, then they are on several rolls, and all count', () => {
    const { lecture, rolls } = resultOf([completed(1), completed(255), completed(256), completed(100_000)]);
    expect(rolls.map(({ part }) => part)).toEqual(['1-0', '1-1', '1-390']);
    expect(lecture.studentNumber).toBe(4);
    expect(rolls.flatMap(studentsOn).map(({ id }) => id)).toEqual([1, 255, 256, 100_000]);
  });

  test('given students on many rolls, when the newest are sought, then only the rolls on which they are', () => {
    const { lecture } = resultOf([1, 2, 300, 301, 3_000].map((id) => completed(id)));
    expect(newestRolls(lecture, 1)).toEqual(['1-11']);
    expect(newestRolls(lecture, 2)).toEqual(['1-11', '1-1']);
    expect(newestRolls(lecture, 3)).toEqual(['1-11', '1-1']);
    expect(newestRolls(lecture, 1_000)).toEqual(['1-11', '1-1', '1-0']);
  });

  test('given what was counted already, when it is counted again, then nothing changes', () => {
    const { lecture, rolls } = resultOf([completed(1), canceled(2, 9)]);
    expect(recount(lecture, rolls)).toBeUndefined();
    expect(enter(rolls[0]!, [completed(1, 99), canceled(2, 99)])).toBeUndefined();
  });

  test('given completions and cancellations, when one of them happened last, then its status is shown', () => {
    expect(lastStatus(resultOf([]).lecture)).toBeNull();
    expect(lastStatus(resultOf([completed(1)]).lecture)).toBe('결제 완료');
    expect(lastStatus(resultOf([completed(1), completed(300), canceled(1, 999)]).lecture)).toBe('취소 완료');
    expect(lastStatus(resultOf([completed(1), canceled(1, 5), completed(300)]).lecture)).toBe('결제 완료');
  });

  test('given an attempt that never was a registration, when it is cancelled, then nothing of it is seen', () => {
    const { lecture } = resultOf([canceled(1, 5)]);
    expect(lecture.studentNumber).toBe(0);
    expect(lastStatus(lecture)).toBeNull();
  });

  test('given entries in any order, any number of times, when they are counted, then it comes to the same', () => {
    const lives = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 1_000 }),
        at: fc.nat(99),
        cancels: fc.option(fc.integer({ min: 100, max: 199 })),
      }),
      { selector: ({ id }) => id, maxLength: 20 },
    );
    const entries = lives.map((all) =>
      all.flatMap(({ id, at, cancels }) => [completed(id, at), ...(cancels === null ? [] : [canceled(id, cancels)])]),
    );
    const shuffled = entries.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.array(all.length > 0 ? fc.constantFrom(...all) : fc.constant(canceled(1, 1)), { maxLength: all.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([all, mixed, again]) => {
        const { lecture: expected } = resultOf(all);
        for (const order of [
          [...mixed, ...again],
          [...again, ...mixed],
        ]) {
          const { lecture } = resultOf(all.length > 0 ? order : []);
          expect(lecture.studentNumber).toBe(expected.studentNumber);
          expect(lastStatus(lecture)).toBe(lastStatus(expected));
        }
        const gone = all.filter(({ status }) => status === '취소 완료').length;
        expect(expected.studentNumber).toBe(all.length - 2 * gone);
      }),
    );
  });
});
