import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import dashboard from '../../services/academy/dashboard/service.ts';
import academyLecture from '../../services/academy/lecture/service.ts';
import academyPayment from '../../services/academy/payment/service.ts';
import registration from '../../services/academy/registration/service.ts';
import alarm from '../../services/insurance/alarm/service.ts';
import customer from '../../services/insurance/customer/service.ts';
import myinsurance from '../../services/insurance/myinsurance/service.ts';
import insurancePayment from '../../services/insurance/payment/service.ts';
import plan from '../../services/insurance/plan/service.ts';
import insuranceProduct from '../../services/insurance/product/service.ts';
import proposal from '../../services/insurance/proposal/service.ts';
import { type App, assemble, type Context, type Service, type Transport } from '../../services/kit/index.ts';
import type { CalleeRule } from '../../services/kit/testing/index.ts';
import enrolments from '../../services/lecture/class/service.ts';
import course from '../../services/lecture/course/service.ts';
import lectureGift from '../../services/lecture/gift/service.ts';
import pay from '../../services/lecture/pay/service.ts';
import point from '../../services/lecture/point/service.ts';
import delivery from '../../services/rental/delivery/service.ts';
import information from '../../services/rental/information/service.ts';
import rentalProduct from '../../services/rental/product/service.ts';
import rental from '../../services/rental/rental/service.ts';
import rewardGift from '../../services/reward/gift/service.ts';
import mission from '../../services/reward/mission/service.ts';
import mypage from '../../services/reward/mypage/service.ts';
import notification from '../../services/reward/notification/service.ts';
import rewardPayment from '../../services/reward/payment/service.ts';
import reward from '../../services/reward/reward/service.ts';
import wallet from '../../services/reward/wallet/service.ts';

type Assemble = (at: { dapr: Transport; appId: string; instance: string; context: Context }) => App;
const of =
  <S extends z.ZodObject>(definition: Service<S>): Assemble =>
  (at) =>
    assemble(definition, at);

const SERVICES: Readonly<Record<string, Assemble>> = {
  'lecture-class': of(enrolments),
  'lecture-course': of(course),
  'lecture-gift': of(lectureGift),
  'lecture-pay': of(pay),
  'lecture-point': of(point),
  'reward-gift': of(rewardGift),
  'reward-mission': of(mission),
  'reward-mypage': of(mypage),
  'reward-notification': of(notification),
  'reward-payment': of(rewardPayment),
  'reward-reward': of(reward),
  'reward-wallet': of(wallet),
  'academy-dashboard': of(dashboard),
  'academy-lecture': of(academyLecture),
  'academy-payment': of(academyPayment),
  'academy-registration': of(registration),
  'insurance-alarm': of(alarm),
  'insurance-customer': of(customer),
  'insurance-myinsurance': of(myinsurance),
  'insurance-payment': of(insurancePayment),
  'insurance-plan': of(plan),
  'insurance-product': of(insuranceProduct),
  'insurance-proposal': of(proposal),
  'rental-delivery': of(delivery),
  'rental-information': of(information),
  'rental-product': of(rentalProduct),
  'rental-rental': of(rental),
};

/** Services with a store of their own: components/<profile>/<app id>-state.yaml. */
const APART = new Set(['lecture-gift', 'reward-payment', 'academy-dashboard', 'insurance-alarm', 'rental-information']);

/** What a system consists of, as its files of the deployment have it. */
export interface System {
  readonly name: string;
  readonly services: Readonly<Record<string, Assemble>>;
  readonly configuration: Readonly<Record<string, string>>;
  /** The rules of dapr/resiliency, by caller and callee. */
  readonly rules: Readonly<Record<string, Readonly<Record<string, CalleeRule>>>>;
  isApart(appId: string): boolean;
}

export function systemOf(name: string, root = process.cwd()): System {
  const services = Object.fromEntries(Object.entries(SERVICES).filter(([appId]) => appId.startsWith(`${name}-`)));
  const config = parse(readFileSync(join(root, `helm/madang/config/${name}.yaml`), 'utf8')) as {
    data: Record<string, string>;
  };
  const folder = join(root, 'dapr/resiliency');
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}-`) && !file.includes('pubsub'));
  const rules = Object.fromEntries(
    files.map((file) => [file.replace('.yaml', ''), rulesIn(readFileSync(join(folder, file), 'utf8'))]),
  );
  return { name, services, configuration: config.data, rules, isApart: (appId) => APART.has(appId) };
}

interface Resiliency {
  readonly spec: {
    readonly policies: {
      readonly timeouts?: Record<string, string>;
      readonly circuitBreakers?: Record<string, { timeout: string; trip: string }>;
    };
    readonly targets: { readonly apps?: Record<string, { timeout?: string; circuitBreaker?: string }> };
  };
}

function rulesIn(text: string): Record<string, CalleeRule> {
  const { spec } = parse(text) as Resiliency;
  const ms = (duration: string): number => Number.parseFloat(duration) * (duration.endsWith('ms') ? 1 : 1_000);
  return Object.fromEntries(
    Object.entries(spec.targets.apps ?? {}).map(([callee, { timeout, circuitBreaker }]) => {
      const limit = timeout && spec.policies.timeouts?.[timeout];
      const breaker = circuitBreaker ? spec.policies.circuitBreakers?.[circuitBreaker] : undefined;
      return [
        callee,
        {
          ...(limit ? { timeoutMs: ms(limit) } : {}),
          ...(breaker ? { breaker: { trip: tripOf(breaker.trip), openMs: ms(breaker.timeout) } } : {}),
        },
      ];
    }),
  );
}

function tripOf(rule: string): NonNullable<CalleeRule['breaker']>['trip'] {
  const inRow = /^consecutiveFailures >= (\d+)$/.exec(rule);
  if (inRow) return ({ consecutiveFailures }) => consecutiveFailures >= Number(inRow[1]);
  const share = /^requests >= (\d+) && totalFailures \* (\d+) >= requests(?: \* (\d+))?$/.exec(rule);
  if (!share) throw new Error(`the simulation cannot read the trip rule ${rule}`);
  const [, least, factor, of = '1'] = share;
  return ({ requests, totalFailures }) =>
    requests >= Number(least) && totalFailures * Number(factor) >= requests * Number(of);
}
