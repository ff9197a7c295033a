import { aggregate, type Decision, decided, ended, type Identified, RuleViolation } from '../../kit/domain/index.ts';
import {
  type CalculationRequest,
  type PlanFields,
  PlanSaved,
  PremiumCaculated,
  ProductDesdRequested,
  saidOfPlan,
  wholePlan,
} from './contract.ts';

/** An enrolment plan: what a customer would like to be insured for. */
export interface Plan extends Identified, PlanFields {
  readonly ppsdsnNo: string;
  readonly prodDesdIsueDt: string | null;
}
export const Plan = aggregate<Plan>('Plan', { keyedBy: 'ppsdsnNo', listBy: ['custNo'] });

export const savePlan =
  (ppsdsnNo: string, request: Partial<PlanFields>) =>
  (id: number): Decision<Plan> => {
    const fields = wholePlan(request);
    const plan = { id, ppsdsnNo, ...fields, progSt: fields.progSt || '가입설계', prodDesdIsueDt: null };
    return decided(plan, PlanSaved(plan));
  };

/** Saves a plan again. It keeps its number, its customer and its progress. */
export function saveAgain(plan: Plan, body: Partial<PlanFields>): Decision<Plan> {
  const changed = { ...plan, ...saidOfPlan(body) };
  if (changed.custNo !== plan.custNo || changed.custNm !== plan.custNm)
    throw new RuleViolation('custNo and custNm of a plan stay; make another plan for another customer');
  return decided(changed, PlanSaved(changed));
}

/** Publishes nothing: docs/contracts/insurance.md#oddity-no-events */
export const cancelPlan = (): Decision<Plan> => ended();

const REQUESTED = '상품설명서발행요청중';

/** Asking again while the document is on its way is no second request. */
export const requestDescription = (plan: Plan): Decision<Plan> | undefined =>
  plan.progSt === REQUESTED ? undefined : decided({ ...plan, progSt: REQUESTED }, ProductDesdRequested(plan));

/** The product description was issued on that day. */
export const learnDescription =
  (prodDesdIsueDt: string) =>
  (plan: Plan): Decision<Plan> =>
    decided({
      ...plan,
      progSt: '상품설명서생성완료',
      prodDesdIsueDt: later(prodDesdIsueDt, plan.prodDesdIsueDt ?? ''),
    });

/** Of several descriptions of one plan the last one counts, whichever is heard of first. */
const later = (a: string, b: string): string => (a > b ? a : b);

/** A description that was issued before there was its plan, by hand: the plan learns of it as soon as it is saved. */
export interface EarlyDescription extends Identified {
  readonly ppsdsnNo: string;
  readonly prodDesdIsueDt: string;
}
export const EarlyDescription = aggregate<EarlyDescription>('EarlyDescription', { keyedBy: 'ppsdsnNo' });

/** What product says of a product that may be had. */
export interface Terms {
  readonly prdcd: string;
  readonly prdnm: string;
  readonly insPrd: string | null;
  readonly pmPrd: string | null;
  readonly pmCyl: string | null;
  readonly prm: number;
}

/** A calculation publishes its event and keeps nothing. The premium is the product's: docs/contracts/insurance.md#premium */
export interface Calculation extends Identified {}
export const Calculation = aggregate<Calculation>('Calculation');

export const publishCalculation =
  ({ prdcd, prdnm }: Terms, { custNm, gndrCd, aclBirdt, phoneNo }: CalculationRequest) =>
  (id: number): Decision<Calculation> => {
    const calculated = { prdcd, prdnm, custNm, gndrCd, aclBirdt, phoneNo, progSt: '보험료계산' };
    return decided({ id }, PremiumCaculated(calculated));
  };
