import { batchByKey, byKey, decided, type Identified, type Kit, type Received, type Ref } from '../../kit/index.ts';
import { type Counted, type Entry, enter, partOf, Roll, recount, startRoll } from './roll.ts';

/** How a service keeps the number of students of lectures. Every step can be done again at any time: docs/decisions/0011-headcount.md. */
export interface Headcount {
  /** Something happened to a registration. */
  enter(registration: Omit<Entry, 'at'>, received: Pick<Received, 'time'>): Promise<void>;
  /** A lecture is here now: whoever registered for it before counts, too. */
  begin(lectureId: number): Promise<void>;
}

const ALL = '*';

/** @param ref the record of a lecture here, which may have the lecture's number or be `keyedBy` it */
export function headcount<L extends Identified & Counted>(
  { records, context }: Pick<Kit, 'records' | 'context'>,
  ref: (lectureId: number) => Ref<L>,
): Headcount {
  // A name of its own for each: what makes a step happen once is what it finds, not who asks.
  const command = (): { cause: string } => ({ cause: context.id() });
  const inRoll = batchByKey(async (part: string, entries: readonly Entry[]) => {
    const entered = () => records.change(byKey(Roll, part), command(), (roll) => enter(roll, entries));
    if ((await entered()).kind !== 'missing') return;
    await records.create(Roll, command(), (id) => decided(startRoll(entries[0]!, id)), { key: part });
    await entered();
  });
  // The rolls are read after the lecture and before it is written, so the last to write has seen every entry.
  const ofLecture = batchByKey(async (lectureId: number, parts: readonly string[]) => {
    const rolls = async (): Promise<Roll[]> => {
      if (!parts.includes(ALL)) return records.withKeys(Roll, parts);
      const all: Roll[] = [];
      for await (const some of records.each(Roll, 'lectureId', String(lectureId))) all.push(...some);
      return all;
    };
    await records.change(ref(lectureId), command(), async (lecture) => recount(lecture, await rolls()));
  });
  return {
    async enter(registration, { time }) {
      const entry = { ...registration, at: Date.parse(time ?? '') || 0 } as Entry;
      await inRoll(partOf(entry), entry);
      await ofLecture(entry.lectureId, partOf(entry));
    },
    begin: (lectureId) => ofLecture(lectureId, ALL),
  };
}
