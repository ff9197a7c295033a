import { answers, type RouteContext, readable, routeFor, writable } from '../../kit/index.ts';
import { numberOf } from '../shared/numbers.ts';
import type { Config } from './config.ts';
import { PlanAnswer, PlanBody, type PlanFields } from './contract.ts';
import { cancelPlan, Plan, saveAgain, savePlan, type Terms } from './domain.ts';
import { procedures } from './procedures.ts';
import { underwritten } from './underwriting.ts';

const plans = { kind: Plan, path: 'plans', item: 'plan', answer: PlanAnswer };
const route = routeFor<Config>();
const access = { agent: 'all', customer: { own: 'custNo' } } as const;

type Context = Pick<RouteContext<Config, unknown, never>, 'sidecar' | 'config'>;

/** Saving needs product's consent, the first time and each time after it. */
const check = (context: Context, { prdcd, entAmt }: Partial<PlanFields>): Promise<Terms> =>
  underwritten(context, '가입조건 체크 오류', { prdcd: prdcd ?? '', entAmt: entAmt ?? null });

const again = (context: Context & { readonly body: Partial<PlanFields> }) => async (plan: Plan) => {
  const decision = saveAgain(plan, context.body);
  await check(context, decision.state ?? plan);
  return decision;
};

const saved = { answer: answers.item(plans), problems: [422, 503], access };

export const routes = [
  readable(plans, { access }),
  writable(plans, { body: PlanBody, remove: cancelPlan, access }),

  route.post(
    '/plans',
    { summary: 'Saves a plan, with the consent of product.', ...saved, body: PlanBody, answer: answers.created(plans) },
    (context) =>
      context.createAfter(plans, async (id) => {
        const { command, body } = context;
        await check(context, body);
        const ppsdsnNo = await numberOf(context, 'ppsdsnNo', { ...command, cause: `${id}-${command.cause}` });
        return { key: ppsdsnNo, decide: savePlan(ppsdsnNo, body) };
      }),
  ),
  route.put('/plans/:id', { summary: 'Saves a plan again.', ...saved, body: PlanBody }, (context) =>
    context.change(plans, again(context)),
  ),
  route.patch('/plans/:id', { summary: 'Saves a part of a plan again.', ...saved, part: PlanBody }, (context) =>
    context.change(plans, again(context)),
  ),

  procedures,
];
