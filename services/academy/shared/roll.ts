import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { CourseCanceled, CourseRegistrationCompleted } from '../registration/contract.ts';

/**
 * What is known of those registrations of a lecture that have neighbouring numbers. It says who was registered and who
 * cancelled, not how many, so an event counts once however often and in whatever order they come.
 */
export interface Roll extends Identified {
  /** `<lectureId>-<part>` */
  readonly part: string;
  readonly lectureId: number;
  /** By registration: of whom, and when completed (milliseconds). */
  readonly completed: Readonly<Record<string, { readonly studentId: number; readonly at: number }>>;
  /** By registration: when cancelled. */
  readonly canceled: Readonly<Record<string, number>>;
}
export const Roll = aggregate<Roll>('Roll', { keyedBy: 'part', listBy: ['lectureId'] });

/** How many registration numbers share a roll. */
const REGISTRATIONS = 256;
export const partOf = ({ id, lectureId }: Entry): string => `${lectureId}-${Math.floor(id / REGISTRATIONS)}`;

/** What happened to a registration, and when. */
export type Entry = (CourseRegistrationCompleted | CourseCanceled) & { readonly at: number };

export const startRoll = ({ lectureId, ...entry }: Entry, id: number): Roll => ({
  id,
  part: partOf({ lectureId, ...entry } as Entry),
  lectureId,
  completed: {},
  canceled: {},
});

/** The first time something is heard of is as good as any other. */
export function enter(roll: Roll, entries: readonly Entry[]): Decision<Roll> | undefined {
  const completed = { ...roll.completed };
  const canceled = { ...roll.canceled };
  for (const { id, studentId, status, at } of entries) {
    if (status === '결제 완료') completed[id] ??= { studentId, at };
    else canceled[id] ??= at;
  }
  const known = (one: Roll): number => Object.keys(one.completed).length + Object.keys(one.canceled).length;
  const entered = { ...roll, completed, canceled };
  return known(entered) === known(roll) ? undefined : decided(entered);
}

/** A registration that is completed and not cancelled. */
export interface Student {
  readonly id: number;
  readonly studentId: number;
  readonly status: '결제 완료';
}

export const studentsOn = ({ completed, canceled }: Roll): Student[] =>
  Object.entries(completed)
    .filter(([id]) => canceled[id] === undefined)
    .map(([id, { studentId }]) => ({ id: Number(id), studentId, status: '결제 완료' }));

/** The rolls on which the newest so many students of a lecture are. */
export function newestRolls({ rolls }: Counted, students: number): string[] {
  const parts = Object.keys(rolls).sort((a, b) => placeOf(b) - placeOf(a));
  let found = 0;
  const from = parts.findIndex((part) => {
    found += rolls[part]?.students ?? 0;
    return found >= students;
  });
  return from < 0 ? parts : parts.slice(0, from + 1);
}
const placeOf = (part: string): number => Number(part.slice(part.lastIndexOf('-') + 1));

/** What a roll comes to: how many students, and what was the last that happened. */
interface Count {
  readonly students: number;
  readonly last?: { readonly at: number; readonly id: number; readonly status: Entry['status'] };
}

/** Whatever has a number of students: the sum of what its rolls come to. */
export interface Counted {
  readonly studentNumber: number;
  readonly rolls: Readonly<Record<string, Count>>;
}

/** A registration that was cancelled before it was completed has never been seen. */
function countOf(roll: Roll): Count {
  const happened = Object.entries(roll.completed).map(([id, { at }]) => {
    const canceledAt = roll.canceled[id];
    return canceledAt === undefined
      ? ({ id: Number(id), at, status: '결제 완료' } as const)
      : ({ id: Number(id), at: canceledAt, status: '취소 완료' } as const);
  });
  const last = happened.sort((a, b) => a.at - b.at || a.id - b.id).at(-1);
  return { students: studentsOn(roll).length, ...(last ? { last } : {}) };
}

/** Counts some of its rolls anew. */
export function recount<L extends Counted>(counted: L, rolls: readonly Roll[]): Decision<L> | undefined {
  const counts = { ...counted.rolls, ...Object.fromEntries(rolls.map((roll) => [roll.part, countOf(roll)])) };
  if (JSON.stringify(counts) === JSON.stringify(counted.rolls)) return undefined;
  const studentNumber = Object.values(counts).reduce((sum, { students }) => sum + students, 0);
  return decided({ ...counted, studentNumber, rolls: counts });
}

/** The status of the registration to which something happened last, if anything did. */
export const lastStatus = ({ rolls }: Counted): Entry['status'] | null =>
  Object.values(rolls)
    .flatMap(({ last }) => last ?? [])
    .sort((a, b) => a.at - b.at || a.id - b.id)
    .at(-1)?.status ?? null;
