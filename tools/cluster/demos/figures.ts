import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { parse } from 'yaml';
import { root } from '../../run/paths.ts';
import { type Options, order, type Verdict } from '../demonstration.ts';
import { forwarded } from '../entrance.ts';
import { type Cluster, print } from '../kubectl.ts';
import { underLoad } from '../pods.ts';

const FOLDER = join(root, 'helm/madang/monitoring');

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold, e.g. `30s`. */
  readonly for?: string;
}

/** The expressions of a dashboard, with its variables filled in: of the services class, which calls another one. */
export const expressionsOf = (dashboard: string, namespace: string): string[] =>
  (JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] }).panels
    .flatMap(({ targets }) => targets)
    .map(({ expr }) => expr.replaceAll('$namespace', namespace).replaceAll('$app', 'lecture-class'));

/** The figures that an expression is about. */
export const figuresIn = (expr: string): string[] => [...new Set(expr.match(/\b(?:madang|dapr)_\w+/g) ?? [])];

export function millisecondsOf(duration = '0s'): number {
  const [, count = '0', unit = 's'] = /^(\d+)([smh])$/.exec(duration) ?? [];
  return Number(count) * ({ s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? 1_000);
}

/** The longest that a rule needs: an event waits for ten minutes before that is worth an alert. */
const LONGEST_MS = 900_000;

/** What a Prometheus answers: how many series an expression has, now or at any time since a moment. */
type Count = (expr: string, sinceMs?: number) => Promise<number>;

async function rulesAndPanels(namespace: string): Promise<{ rules: Rule[]; panels: string[] }> {
  const { groups } = parse(await readFile(join(FOLDER, 'rules.yaml'), 'utf8')) as { groups: { rules: Rule[] }[] };
  const names = await readdir(join(FOLDER, 'dashboards'));
  const boards = await Promise.all(names.map((name) => readFile(join(FOLDER, 'dashboards', name), 'utf8')));
  return {
    rules: groups.flatMap(({ rules }) => rules),
    panels: [...new Set(boards.flatMap((board) => expressionsOf(board, namespace)))],
  };
}

type Fault = (cluster: Cluster) => Promise<() => Promise<unknown>>;

/** Provokes what some rules are about, until the expression of each has held for long enough to fire. */
async function fire(rules: readonly Rule[], count: Count, provoke: () => ReturnType<Fault>): Promise<string[]> {
  const began = Date.now();
  const limit = began + LONGEST_MS;
  const mend = await provoke();
  const held = new Map<Rule, number>();
  const fired = new Map<Rule, string>();
  try {
    while (fired.size < rules.length && Date.now() < limit) {
      for (const rule of rules) {
        if (fired.has(rule)) continue;
        if ((await count(rule.expr)) === 0) held.delete(rule);
        else if (!held.has(rule)) held.set(rule, Date.now());
        const since = held.get(rule);
        if (since === undefined || Date.now() - since < millisecondsOf(rule.for)) continue;
        fired.set(rule, `fires after ${Math.round((Date.now() - began) / 1000)} s`);
        print(`    ${rule.alert} ${fired.get(rule)}`);
      }
      await sleep(5_000);
    }
  } finally {
    await mend();
  }
  return rules.map((rule) => fired.get(rule) ?? `DID NOT FIRE within ${LONGEST_MS / 1000} s`);
}

/** After how long a rule is quiet again. */
async function clears(rule: Rule, count: Count): Promise<string> {
  const mended = Date.now();
  // An increase over 15 minutes is over when they are.
  const patience = mended + 1_200_000;
  while (Date.now() < patience) {
    if ((await count(rule.expr)) === 0) return `cleared after ${Math.round((Date.now() - mended) / 1000)} s`;
    await sleep(10_000);
  }
  return 'DID NOT CLEAR within 1200 s';
}

/** Tells the system of an event that nobody can understand. */
async function nonsense(cluster: Cluster): ReturnType<Fault> {
  const event = { specversion: '1.0', id: `demo-${Date.now()}`, type: 'PaymentApproved', source: 'demo', data: {} };
  const script = `const token = process.env.DAPR_API_TOKEN;
fetch('http://127.0.0.1:3500/v1.0/publish/lecture-pubsub/lecture', { method: 'POST', body: ${JSON.stringify(JSON.stringify(event))},
  headers: { 'content-type': 'application/cloudevents+json', ...(token ? { 'dapr-api-token': token } : {}) } }).then((r) => console.log(r.status))`;
  const status = await cluster.run(await cluster.pod('lecture-pay'), 'pay', script);
  if (status !== '204') throw new Error(`The event was not published: ${status}`);
  return async () => undefined;
}

/** pay is slow for as long as that takes, and somebody asks it. */
async function slowPay(cluster: Cluster): ReturnType<Fault> {
  const configure = (delay: string): Promise<string> =>
    cluster.kubectl('patch', 'configmap', 'lecture-config', '-p', JSON.stringify({ data: { PAY_DELAY_MS: delay } }));
  await configure('1500');
  let isOver = false;
  const loads = (async () => {
    while (!isOver) await underLoad(cluster, 'demo-load', { path: '/classes', body: order, users: 20, seconds: 60 });
  })();
  loads.catch(() => undefined);
  return async () => {
    await configure('0');
    isOver = true;
    await loads.catch(() => undefined);
  };
}

/** gift is away, and points wait for it. */
async function noGift(cluster: Cluster): ReturnType<Fault> {
  const scaler = await cluster.field('hpa/lecture-gift', '.spec.minReplicas').catch(() => '');
  const before = scaler || (await cluster.field('deployment/lecture-gift', '.spec.replicas'));
  await cluster.stop('lecture-gift');
  await underLoad(cluster, 'demo-load', { path: '/classes', body: order, users: 1, seconds: 5 });
  return async () => {
    await cluster.kubectl('scale', 'deployment/lecture-gift', `--replicas=${before}`);
    await cluster.rolledOut('lecture-gift');
  };
}

/** The broker of the release is away, and commands go on. One without a claim comes back without topics, which prepare makes. */
async function noBroker(cluster: Cluster): ReturnType<Fault> {
  const name = `${await cluster.release()}-kafka`;
  const broker = `deployment/${name}`;
  const claim = await cluster.field(broker, '.spec.template.spec.volumes[?(@.name=="data")].persistentVolumeClaim');
  await cluster.kubectl('scale', broker, '--replicas=0');
  const load = underLoad(cluster, 'demo-load', { path: '/classes', body: order, users: 2, seconds: 30 });
  load.catch(() => undefined);
  return async () => {
    await cluster.kubectl('scale', broker, '--replicas=1');
    await cluster.rolledOut(name);
    await load.catch(() => undefined);
    if (claim) return;
    await cluster.kubectl('rollout', 'restart', 'deployment', '-l', 'madang/system');
    await cluster.kubectl('rollout', 'status', 'deployment', '-l', 'madang/system', '--timeout=170s');
  };
}

const FAULTS: readonly [alerts: readonly string[], fault: Fault][] = [
  [['DeadLetters'], nonsense],
  [['BreakerOpen', 'ErrorRatio'], slowPay],
  [['OutboxOld', 'OutboxStalled'], noBroker],
  [['DeferredOld'], noGift],
];

/**
 * Plays load and faults, and asks a real Prometheus every expression of the dashboards and whatever the rules are about:
 * each must have data; and alerts that should fire do, the first dead letter too, and clear.
 */
export async function figures({ cluster, users, monitoring }: Options): Promise<Verdict> {
  const { rules, panels } = await rulesAndPanels(cluster.namespace);
  return forwarded(cluster.in(monitoring), 'prometheus', 9090, async (port) => {
    const count: Count = async (expr, since) => {
      const range = `_range?start=${Number(since) / 1000}&end=${Date.now() / 1000}&step=10&`;
      const path = `query${since === undefined ? '?' : range}query=${encodeURIComponent(expr)}`;
      const { body } = await request(`http://127.0.0.1:${port}/api/v1/${path}`);
      const { data, error } = (await body.json()) as { data?: { result: unknown[] }; error?: string };
      if (!data) throw new Error(`Prometheus refuses ${expr}: ${error}`);
      return data.result.length;
    };
    const began = Date.now();
    await underLoad(cluster, 'demo-load', { path: '/classes', body: order, users: Math.min(users, 20), seconds: 90 });
    const rows: Verdict['figures'] = [];
    // One clears while the next one is provoked.
    const courses: Promise<[alert: string, course: string]>[] = [];
    for (const [alerts, fault] of FAULTS) {
      const about = alerts
        .map((alert) => rules.find((one) => one.alert === alert))
        .filter((rule) => rule !== undefined);
      if (about.length < alerts.length) throw new Error(`There are not all of the rules ${alerts.join(', ')}.`);
      const fired = await fire(about, count, () => fault(cluster));
      about.forEach((rule, at) => {
        const cleared = clears(rule, count).catch((error) => `DID NOT CLEAR: ${error}`);
        courses.push(cleared.then((how) => [`alert ${rule.alert}`, `${fired[at]}, ${how}`]));
      });
    }
    const empty: string[] = [];
    for (const expr of panels) if ((await count(expr, began)) === 0) empty.push(expr);
    const unknown: string[] = [];
    for (const name of new Set(rules.flatMap(({ expr }) => figuresIn(expr))))
      if ((await count(name)) === 0) unknown.push(name);
    for (const expr of empty) print(`    no data: ${expr}`);
    for (const [alert, course] of await Promise.all(courses)) rows.push([alert, course, 'not shown']);
    const good = empty.length + unknown.length === 0 && rows.every(([, course]) => !course.includes('DID NOT'));
    rows.unshift(
      ['expressions of the dashboards with data', `${panels.length - empty.length} of ${panels.length}`, 'not shown'],
      [
        'alerts that only rules.test.yaml provokes',
        rules
          .map(({ alert }) => alert)
          .filter((alert) => !FAULTS.some(([alerts]) => alerts.includes(alert)))
          .join(', '),
        '-',
      ],
      ['figures of the rules that nobody has', unknown.join(', ') || 'none', '-'],
    );
    return { good, figures: rows };
  });
}
