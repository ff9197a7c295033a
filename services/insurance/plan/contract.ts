import { z } from 'zod';
import { event, integer, text } from '../../kit/domain/index.ts';
import {
  amount,
  bodyOf,
  customerNumber,
  day,
  eventFields,
  full,
  productCode,
  said,
  upTo,
  type Whole,
  whole,
} from '../shared/values.ts';

const planFields = {
  ppsdsnDt: day,
  prdcd: productCode,
  prdnm: upTo(100),
  custNo: customerNumber,
  custNm: upTo(50),
  slctPlnrEno: upTo(10),
  slctPlnrNm: upTo(50),
  slctDofOrgNo: upTo(6),
  slctDofOrgNm: upTo(50),
  insPrd: upTo(20),
  pmPrd: upTo(20),
  pmCyl: upTo(20),
  sprm: amount,
  entAmt: amount,
  progSt: upTo(30),
};
export type PlanFields = Whole<typeof planFields>;
export const wholePlan = (request: Partial<PlanFields>): PlanFields => whole(planFields, request);
/** The fields that a client may change. The progress is the service's once the plan is made. */
export const saidOfPlan = (body: Partial<PlanFields>): Partial<PlanFields> => {
  const { progSt: _, ...change } = said(planFields, body);
  return change;
};

export const PlanBody = bodyOf(planFields, { prdcd: planFields.prdcd, entAmt: planFields.entAmt }, [
  'ppsdsnNo',
  'prodDesdIsueDt',
]);

/** A plan as clients see it. */
export const PlanAnswer = full({ ...planFields, prodDesdIsueDt: z.string() }, { id: integer, ppsdsnNo: z.string() });

/** Arguments of the premium calculation. */
export const CalculationRequest = z.object({
  prdcd: text,
  entAmt: amount.nullable(),
  custNm: upTo(50),
  gndrCd: z.enum(['1', '2', ''], 'must be 1 (male) or 2 (female)'),
  aclBirdt: day,
  phoneNo: upTo(12),
});
export type CalculationRequest = z.output<typeof CalculationRequest>;

const event14 = { ppsdsnNo: text, ...planFields, prodDesdIsueDt: text };

/** A premium was calculated; it belongs to no plan yet. Its spelling: docs/contracts/insurance.md#oddity-spelling */
export const PremiumCaculated = event(
  'premiumCaculated',
  eventFields({
    prdcd: text,
    prdnm: text,
    custNm: text,
    gndrCd: text,
    aclBirdt: text,
    phoneNo: text,
    progSt: text,
  }),
);
/** A plan was made, or changed. */
export const PlanSaved = event('PlanSaved', eventFields(event14));
/** The customer wants the product description; `progSt` is still the old one. */
export const ProductDesdRequested = event('ProductDesdRequested', eventFields(event14));
export type ProductDesdRequested = z.output<typeof ProductDesdRequested.schema>;
