import { byId, change, decided, type Kit, type Policy, type Reaction, whenever } from '../../kit/index.ts';
import { PrductDesdCreated } from '../product/contract.ts';
import { stamp } from '../shared/numbers.ts';
import { PlanSaved } from './contract.ts';
import { EarlyDescription, learnDescription, Plan } from './domain.ts';

export const policies = (kit: Kit): Policy[] => {
  const { records } = kit;
  const isSaved = async (ppsdsnNo: string): Promise<boolean> =>
    (await records.findBy(Plan, 'ppsdsnNo', ppsdsnNo)).length > 0;

  return [
    // A document issued by hand may be for a plan that comes later, or for none. The note keeps it, so the event does not wait.
    whenever(PrductDesdCreated, async ({ ppsdsnNo, timestamp = stamp(kit) }, { id: cause }): Promise<Reaction[]> => {
      if (!ppsdsnNo) return [];
      const prodDesdIsueDt = timestamp.slice(0, 8);
      if (!(await isSaved(ppsdsnNo))) {
        const note = (id: number) => decided<EarlyDescription>({ id, ppsdsnNo, prodDesdIsueDt });
        const noted = await records.create(EarlyDescription, { cause }, note, { key: ppsdsnNo });
        await records.change(byId(EarlyDescription, noted.id), { cause: `${cause}/later` }, (known) =>
          known.prodDesdIsueDt < prodDesdIsueDt ? decided({ ...known, prodDesdIsueDt }) : undefined,
        );
        // The plan may have been saved, and have looked for the note, just before it was there.
        if (!(await isSaved(ppsdsnNo))) return [];
      }
      return [change(Plan, ppsdsnNo, learnDescription(prodDesdIsueDt))];
    }),

    whenever(PlanSaved, async ({ ppsdsnNo }): Promise<Reaction[]> => {
      const early = ppsdsnNo ? await records.findBy(EarlyDescription, 'ppsdsnNo', ppsdsnNo) : [];
      // A plan that is saved again has learned of it before.
      const learn = (day: string) => (plan: Plan) => (plan.prodDesdIsueDt ? undefined : learnDescription(day)(plan));
      return early.map((note) => change(Plan, note.ppsdsnNo, learn(note.prodDesdIsueDt)));
    }),
  ];
};
