import { type Request, Router } from 'express';
import {
  byId,
  byKey,
  CalleeUnavailable,
  checked,
  commandOf,
  idOf,
  ifMatch,
  jsonBody,
  type Kit,
  Problem,
  parseBody,
  parsePatch,
  RuleViolation,
  readable,
  sendCreated,
  sendItem,
  writable,
} from '../../kit/index.ts';
import { newestBy } from '../lists.ts';
import { numberOf } from '../numbers.ts';
import { dataOf, type OnlineCall, online } from '../online.ts';
import { UnderwritingOutcome, type UnderwritingWish } from '../product/contract.ts';
import type { Addresses } from './app.ts';
import { CalculationWish, PlanBody, type PlanFields } from './contract.ts';
import {
  Calculation,
  cancelPlan,
  Plan,
  requestDescription,
  saveAgain,
  savePlan,
  type Terms,
  tellCalculation,
} from './domain.ts';

const plans = { kind: Plan, path: 'plans', item: 'plan' };

/** Members of the answers, `entEmt` is the contract's own slip and always null. */
const PLAN = [
  ...['ppsdsnNo', 'ppsdsnDt', 'prdcd', 'prdnm', 'custNo', 'custNm'],
  ...['slctPlnrEno', 'slctPlnrNm', 'slctDofOrgNo', 'slctDofOrgNm'],
  ...['insPrd', 'pmPrd', 'pmCyl', 'sprm', 'entEmt', 'entAmt', 'prodDesdIsueDt', 'progSt', 'eventType'],
];
const PREMIUM = [...PLAN.filter((name) => !/^ppsdsn/.test(name)), 'prm', 'productList'];

export const api = (kit: Kit<Addresses>): Router[] => [
  readable(kit.records, plans),
  writable(kit.records, plans, { body: PlanBody, remove: cancelPlan }),
  saving(kit),
  procedures(kit),
];

/** Product says whether it may be had so, and at which premium; its reason, or its absence, stands behind `prefix`. */
async function underwritten(
  { sidecar, config }: Kit<Addresses>,
  prefix: string,
  wish: UnderwritingWish,
): Promise<Terms> {
  const product = config()['api.url.product'];
  const asked = sidecar.call(product, 'internal/underwriting', wish, UnderwritingOutcome);
  const outcome = await asked.catch((error) => {
    if (!(error instanceof CalleeUnavailable)) throw error;
    const { message, retryAfterSeconds } = error;
    const detail = `${prefix} :: ${message}. Nothing was changed; please try again in a moment.`;
    throw new Problem(503, 'Service Unavailable', detail, { retryAfterSeconds });
  });
  if ('refused' in outcome) throw new RuleViolation(`${prefix} :: ${outcome.refused}`);
  return outcome.product;
}

/** Saving needs product's consent, the first time and each time after it. */
function saving(kit: Kit<Addresses>): Router {
  const { records } = kit;
  const router = Router();
  const check = ({ prdcd, entAmt }: Partial<PlanFields>): Promise<Terms> =>
    underwritten(kit, '가입조건 체크 오류', { prdcd: prdcd ?? '', entAmt: entAmt ?? null });
  router.post('/plans', ...jsonBody, async (request, response) => {
    const wish = parseBody(PlanBody, request);
    const command = commandOf(request);
    const made = await records.createAfter(Plan, command, async (id) => {
      await check(wish);
      const ppsdsnNo = await numberOf(kit, 'ppsdsnNo', { ...command, cause: `${id}-${command.cause}` });
      return { key: ppsdsnNo, decide: savePlan(ppsdsnNo, wish) };
    });
    sendCreated(request, response, plans, made);
  });
  const change = async (request: Request, wish: Partial<PlanFields>): Promise<Plan> => {
    const decide = ifMatch(request, plans, async (plan: Plan) => {
      const decision = saveAgain(plan, wish);
      await check(decision.state ?? plan);
      return decision;
    });
    const changed = await records.change(byId(Plan, idOf(request)), commandOf(request), decide);
    if (!changed.state) throw new Problem(404, 'Not Found', `There is no plan ${request.params.id}.`);
    return changed.state;
  };
  for (const [verb, parse] of [
    ['put', parseBody],
    ['patch', parsePatch],
  ] as const)
    router[verb]('/plans/:id', ...jsonBody, async (request, response) => {
      sendItem(request, response, plans, await change(request, parse(PlanBody, request)));
    });
  return router;
}

function procedures(kit: Kit<Addresses>): Router {
  const { records } = kit;
  const planOf = async (ppsdsnNo: string): Promise<Plan | undefined> =>
    (await records.findBy(Plan, 'ppsdsnNo', ppsdsnNo)).at(0);

  /** 보험료계산: what a product costs. */
  const calcPrm = async ({ of, command }: OnlineCall): Promise<object> => {
    if (!of('prdcd')) throw new RuleViolation('상품코드 필수입력');
    const names = ['prdcd', 'custNm', 'gndrCd', 'aclBirdt', 'phoneNo'].map((name) => [name, of(name)]);
    const wish = checked(CalculationWish, { ...Object.fromEntries(names), entAmt: of('entAmt') || null });
    const terms = await underwritten(kit, '보험료계산 오류', wish);
    await records.create(Calculation, command, tellCalculation(terms, wish));
    return dataOf(PREMIUM, { ...terms, entAmt: wish.entAmt });
  };

  const getPlan = async ({ of }: OnlineCall): Promise<object> => {
    const [ppsdsnNo, custNo] = [of('ppsdsnNo'), of('custNo')];
    const all = custNo ? await newestBy(records, Plan, 'custNo', custNo) : undefined;
    const planInfoList = all?.map((plan) => dataOf(PLAN, plan)) ?? null;
    return { ...dataOf(PLAN, ppsdsnNo ? await planOf(ppsdsnNo) : undefined), planInfoList };
  };

  /** 상품설명서 발행: answers the plan as it was before. */
  const prodDesdIsue = async ({ of, command }: OnlineCall): Promise<object> => {
    const ppsdsnNo = of('ppsdsnNo');
    const before = ppsdsnNo ? await planOf(ppsdsnNo) : undefined;
    const changed = before && (await records.change(byKey(Plan, ppsdsnNo), command, requestDescription));
    if (!changed?.state) throw new RuleViolation(`There is no plan with ppsdsnNo "${ppsdsnNo}".`, 404);
    return dataOf(PLAN, { ...before, eventType: 'ProductDesdRequested' });
  };

  return online('/plans/online', {
    PLA001SVC: async (call) => ({ data: call.svcFn === 'calcprm' ? await calcPrm(call) : dataOf(PREMIUM) }),
    PLA002SVC: async (call) => ({
      data: call.svcFn === 'getplan' ? await getPlan(call) : { ...dataOf(PLAN), planInfoList: null },
    }),
    PLA003SVC: async (call) => {
      const known = call.svcFn === 'proddesdisue' ? undefined : await planOf(call.of('ppsdsnNo'));
      return { data: call.svcFn === 'proddesdisue' ? await prodDesdIsue(call) : dataOf(PLAN, known) };
    },
  });
}
