import { z } from 'zod';
import { integer } from '../../kit/domain/index.ts';

/** What a row shows beside its number. */
export const NAMES = [
  ...['eventType', 'custNo', 'custNm', 'gndrCd', 'gndr', 'aclBirdt', 'phoneNo'],
  ...['ppsdsnNo', 'ppsdsnDt', 'prdcd', 'prdnm', 'prodDesdIsueDt', 'progSt'],
  ...['prpsNo', 'prpsDt', 'contNo', 'contDt', 'prpsStcd', 'prpsStnm', 'contStcd', 'contStnm', 'regDtm', 'chgDtm'],
] as const;

const fields = Object.fromEntries(NAMES.map((name) => [name, z.string().nullable()])) as Record<
  (typeof NAMES)[number],
  z.ZodNullable<z.ZodString>
>;

/** How far a customer has come with a calculation, a plan, or a plan and the proposal made from it. */
export const MyPage = z.object({ id: integer, ...fields });
export type MyPage = z.output<typeof MyPage>;
