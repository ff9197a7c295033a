import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BreakerTerms, CallTerms, Service } from '../../services/kit/index.ts';
import { definitionsOf } from '../run/infrastructure/definitions.ts';
import { readTemplate } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { comment, listed, time } from './yaml.ts';

const FOLDER = 'dapr/resiliency';

const GATEWAY = `No time limit stands here: the gateway itself ends each call, and a sidecar with one dies when a client leaves in the middle of an answer (docs/decisions/0023-time-limits.md). Naming a target at all switches off Dapr's built-in retry, which would repeat a POST. A breaker counts 4xx as failures and serves everybody, so one client's mistakes would lock out the others: there is one only where a reason stands below.`;
const CALLER = `The caller keeps its time limits itself (docs/decisions/0023-time-limits.md); one stands here only where the sidecar tries again, for each try. A target that is named is not called again by Dapr when it fails.`;
const PUBSUB = `Events that a service gives back (RETRY: its store is away; or an error, or no answer: it is away) are brought again every second. Whatever else fails is kept and tried again by the service itself, so nothing waits behind it. Not for ever inside the sidecar: after 6 s Redis keeps the event pending (6 s is longer than its processingTimeout; any less and it would acknowledge it) and Kafka starts over, so the broker goes on for ever. No dead-letter topic here: the kit publishes dead letters itself, with the reason.`;
const SUBSCRIPTIONS = `What an app subscribes to is asked for until it is told. Dapr's own policy gives up after 3 tries: a sidecar whose app died at that moment would bring no event for ever. (It takes no -1 here.)`;

/** A policy file: the apps it is for and the calls it limits, each by its short name. */
interface File {
  readonly name: string;
  readonly head: readonly string[];
  readonly scopes: readonly string[];
  readonly spec: string;
}

const written = ({ name, head, scopes, spec }: File): [path: string, text: string] => [
  `${FOLDER}/${name}.yaml`,
  `${head.map((paragraph) => comment(paragraph)).join('#\n')}apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata:
  name: ${name}
${listed('scopes', scopes)}
spec:
${spec}`,
];

const inWords = (ms: number): string => time(ms).replace(/(ms|s)$/, ' $1');

const divisor = (one: number, other: number): number => (other === 0 ? one : divisor(other, one % other));

/** The rule of a breaker, as Dapr's expressions have it, and in words. */
function rule({ opensAt, windowMs, openMs }: BreakerTerms): { trip: string; words: string } {
  const window = windowMs === undefined ? '' : ` within ${inWords(windowMs)}`;
  const words = (when: string) =>
    `Opens when ${when}${window} failed; lets one call through after ${inWords(openMs)} to see.`;
  if ('inRow' in opensAt)
    return { trip: `consecutiveFailures >= ${opensAt.inRow}`, words: words(`${opensAt.inRow} calls in a row`) };
  const { percent, ofAtLeast } = opensAt;
  const most = divisor(100, percent);
  const share = percent === most ? '' : ` * ${percent / most}`;
  return {
    trip: `requests >= ${ofAtLeast} && totalFailures * ${100 / most} >= requests${share}`,
    words: words(`${percent === 50 ? 'half' : `${percent} %`} of at least ${ofAtLeast} calls`),
  };
}

/** Names a target that has no other limit: one that is not named is called again by Dapr when it fails. */
const NEVER = `      never:
        policy: constant
        duration: 1s
        maxRetries: 0
`;

const section = (name: string, entries: readonly string[]): string =>
  entries.length === 0 ? '' : `    ${name}:\n${entries.join('')}`;

/** The policies of calls, by their names. */
function policies(terms: ReadonlyMap<string, CallTerms>): string {
  const all = [...terms];
  const timeouts = all.flatMap(([name, { timeoutMs, retry }]) => (retry ? `      ${name}: ${time(timeoutMs)}\n` : []));
  const unshielded = all.some(([, { breaker, retry }]) => !breaker && !retry);
  const retries = all.flatMap(([name, { retry }]) =>
    retry
      ? `      ${name}:
        policy: constant
        duration: ${time(retry.pauseMs)}
        maxRetries: ${retry.most}
`
      : [],
  );
  return `  policies:\n${section('timeouts', timeouts)}${section('retries', [...(unshielded ? [NEVER] : []), ...retries])}${breakersOf(all)}`;
}

/** The breakers of those calls that have one. */
const breakersOf = (terms: readonly (readonly [name: string, CallTerms])[]): string =>
  section(
    'circuitBreakers',
    terms.flatMap(([name, { breaker }]) => {
      if (!breaker) return [];
      const { trip, words } = rule(breaker);
      const interval = breaker.windowMs === undefined ? '' : `        interval: ${time(breaker.windowMs)}\n`;
      return `${comment(words, 6)}      ${name}:
        maxRequests: 1
${interval}        timeout: ${time(breaker.openMs)}
        trip: ${trip}
`;
    }),
  );

/** What a service's own calls are limited by. */
export function ofCaller(system: string, name: string, declared: Service['calls'] = {}): [string, string][] {
  const calls = Object.entries(declared);
  if (calls.length === 0) return [];
  const short = (appId: string): string => appId.slice(system.length + 1);
  const targets = calls.map(([appId, { breaker, retry }]) => {
    const callee = short(appId);
    const limits = [
      ...(retry ? [`timeout: ${callee}`] : []),
      ...(breaker ? [`circuitBreaker: ${callee}`] : []),
      ...(retry?.inForce ? [`retry: ${callee}`] : []),
    ];
    const named = limits.length > 0 ? limits : ['retry: never'];
    return `      ${appId}:\n${named.map((limit) => `        ${limit}\n`).join('')}`;
  });
  const appId = `${system}-${name}`;
  return [
    written({
      name: appId,
      head: [madeOf(`the calls of services/${system}/${name}/service.ts`), CALLER, ...calls.map(([, { why }]) => why)],
      scopes: [appId],
      spec: `${policies(new Map(calls.map(([to, terms]) => [short(to), terms])))}  targets:\n    apps:\n${targets.join('')}`,
    }),
  ];
}

/** What the gateway's calls are limited by. It names every service, because what it does not name is tried again by Dapr. */
function ofGateway(
  system: string,
  appIds: readonly string[],
  services: ReadonlyMap<string, Service>,
): [string, string] {
  const own = new Map([...services].flatMap(([name, { entrance }]) => (entrance ? [[name, entrance] as const] : [])));
  const targets = appIds.map((appId) => {
    const name = appId.slice(system.length + 1);
    const breaker = own.get(name)?.breaker ? `, circuitBreaker: ${name}` : '';
    return `      ${appId}: { retry: never${breaker} }\n`;
  });
  const made = madeOf(`dapr/${system}.yaml and the entrances of the services`);
  return written({
    name: `${system}-gateway`,
    head: [made, GATEWAY, ...[...own.values()].map(({ why }) => why)],
    scopes: [`${system}-gateway`],
    spec: `  policies:\n${section('retries', [NEVER])}${breakersOf([...own])}  targets:\n    apps:\n${targets.join('')}`,
  });
}

/** How events are brought again. */
const ofEvents = (system: string, appIds: readonly string[]): [string, string] =>
  written({
    name: `${system}-pubsub`,
    head: [madeOf(`dapr/${system}.yaml`), PUBSUB],
    scopes: appIds,
    spec: `  policies:
    retries:
      again:
        policy: constant
        duration: 1s
        maxRetries: 6
${comment(SUBSCRIPTIONS, 6)}      DaprBuiltInInitializationRetries:
        policy: constant
        duration: 500ms
        maxRetries: 1000000
  targets:
    components:
      ${system}-pubsub:
        inbound:
          retry: again
`,
  });

const madeOf = (what: string): string => `Written by ./run generate from ${what}; a test says when it is not current.`;

/** dapr/resiliency: what limits the calls of every service, from what its service.ts says. */
export async function resiliency(systems: readonly string[]): Promise<[path: string, text: string][]> {
  const files: [string, string][] = [];
  for (const system of systems) {
    const appIds = (await readTemplate(system)).map(({ appId }) => appId).filter((one) => one !== `${system}-gateway`);
    const services = await definitionsOf(system);
    for (const [name, service] of services) files.push(...ofCaller(system, name, service.calls));
    files.push(ofGateway(system, appIds, services), ofEvents(system, appIds));
  }
  return files;
}

/**
 * Files of dapr/resiliency that nothing declares any more. Those of services in another language are written by hand.
 * @param declared those that `outputs` makes, by their paths
 */
export async function undeclared(systems: readonly string[], declared: ReadonlyMap<string, string>): Promise<string[]> {
  const known = await Promise.all(
    systems.map(async (system) => [...(await definitionsOf(system)).keys()].map((name) => `${system}-${name}.yaml`)),
  );
  return (await readdir(join(root, FOLDER)))
    .filter((file) => known.flat().includes(file))
    .map((file) => `${FOLDER}/${file}`)
    .filter((path) => !declared.has(path));
}
