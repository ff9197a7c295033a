import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { CalleeRule } from '../../services/kit/testing/index.ts';
import { APART, type Assemble, SERVICES } from './services.ts';

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
