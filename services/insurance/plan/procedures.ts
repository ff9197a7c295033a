import { byKey, checked, type Records, RuleViolation } from '../../kit/index.ts';
import { newestBy } from '../shared/lists.ts';
import { dataOf, type OnlineCall, online } from '../shared/online.ts';
import type { Config } from './config.ts';
import { CalculationRequest } from './contract.ts';
import { Calculation, Plan, publishCalculation, requestDescription } from './domain.ts';
import { underwritten } from './underwriting.ts';

/** Members of the answers, `entEmt` is the contract's own slip and always null. */
const PLAN = [
  ...['ppsdsnNo', 'ppsdsnDt', 'prdcd', 'prdnm', 'custNo', 'custNm'],
  ...['slctPlnrEno', 'slctPlnrNm', 'slctDofOrgNo', 'slctDofOrgNm'],
  ...['insPrd', 'pmPrd', 'pmCyl', 'sprm', 'entEmt', 'entAmt', 'prodDesdIsueDt', 'progSt', 'eventType'],
];
const PREMIUM = [...PLAN.filter((name) => !/^ppsdsn/.test(name)), 'prm', 'productList'];

type Call = OnlineCall<Config>;

const planOf = async (records: Records, ppsdsnNo: string): Promise<Plan | undefined> =>
  (await records.findBy(Plan, 'ppsdsnNo', ppsdsnNo)).at(0);

/** 보험료계산: what a product costs. */
async function calcPrm({ of, command, context }: Call): Promise<object> {
  if (!of('prdcd')) throw new RuleViolation('상품코드 필수입력');
  const names = ['prdcd', 'custNm', 'gndrCd', 'aclBirdt', 'phoneNo'].map((name) => [name, of(name)]);
  const request = checked(CalculationRequest, { ...Object.fromEntries(names), entAmt: of('entAmt') || null });
  const terms = await underwritten(context, '보험료계산 오류', request);
  await context.records.create(Calculation, command, publishCalculation(terms, request));
  return dataOf(PREMIUM, { ...terms, entAmt: request.entAmt });
}

async function getPlan({ of, context: { records } }: Call): Promise<object> {
  const [ppsdsnNo, custNo] = [of('ppsdsnNo'), of('custNo')];
  const all = custNo ? await newestBy(records, Plan, 'custNo', custNo) : undefined;
  const planInfoList = all?.map((plan) => dataOf(PLAN, plan)) ?? null;
  return { ...dataOf(PLAN, ppsdsnNo ? await planOf(records, ppsdsnNo) : undefined), planInfoList };
}

/** 상품설명서 발행: answers the plan as it was before. */
async function prodDesdIsue({ of, command, context: { records } }: Call): Promise<object> {
  const ppsdsnNo = of('ppsdsnNo');
  const before = ppsdsnNo ? await planOf(records, ppsdsnNo) : undefined;
  const changed = before && (await records.change(byKey(Plan, ppsdsnNo), command, requestDescription));
  if (!changed?.state) throw new RuleViolation(`There is no plan with ppsdsnNo "${ppsdsnNo}".`, 404);
  return dataOf(PLAN, { ...before, eventType: 'ProductDesdRequested' });
}

/** The contract's remote procedures of plans. */
export const procedures = online<Config>(
  '/plans/online',
  'PLA001SVC calcPrm: a premium. PLA002SVC getPlan: a plan. PLA003SVC prodDesdIsue: asks for its description.',
  {
    agent: 'all',
    // Anybody may ask what a product costs.
    customer: {
      own: 'custNo',
      of: '/plans/search/findByPpsdsnNo?ppsdsnNo={ppsdsnNo}',
      unless: { svcId: 'PLA001SVC' },
    },
  },
  {
    PLA001SVC: async (call) => ({ data: call.svcFn === 'calcprm' ? await calcPrm(call) : dataOf(PREMIUM) }),
    PLA002SVC: async (call) => ({
      data: call.svcFn === 'getplan' ? await getPlan(call) : { ...dataOf(PLAN), planInfoList: null },
    }),
    PLA003SVC: async (call) => {
      if (call.svcFn === 'proddesdisue') return { data: await prodDesdIsue(call) };
      return { data: dataOf(PLAN, await planOf(call.context.records, call.of('ppsdsnNo'))) };
    },
  },
);
