import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { type Options, order, type Verdict } from '../demonstration.ts';
import { forwarded, through } from '../entrance.ts';
import type { Cluster } from '../kubectl.ts';
import { Release } from '../release.ts';

const ENROLMENTS = 100;
const AT_ONCE = 4;
/** Of a hundred enrolments, how many traces there may be: outside of these bounds chance comes once in 10,000 times. */
const RATES: readonly (readonly [rate: number, least: number, most: number])[] = [
  [0, 0, 0],
  [0.1, 1, 23],
  [1, ENROLMENTS, ENROLMENTS],
];
/** Longer than collectors keep spans back. */
const TOLD_MS = 15_000;

/** Enrols a hundred times. @returns how many were accepted */
const enrol = (cluster: Cluster): Promise<number> =>
  through(cluster, 'lecture-gateway', async (ask) => {
    let [left, accepted] = [ENROLMENTS, 0];
    const client = async (): Promise<void> => {
      while (left-- > 0) if ((await ask('POST', '/classes', order)).status === 201) accepted++;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    return accepted;
  });

/** How many traces Jaeger has of enrolments that began in this time. */
const traced = (cluster: Cluster, monitoring: string, from: number, to: number): Promise<number> =>
  forwarded(cluster.in(monitoring), 'jaeger', 16686, async (port) => {
    const query = `service=lecture-class&start=${from * 1000}&end=${to * 1000}&limit=1000`;
    const { body } = await request(`http://127.0.0.1:${port}/api/traces?${query}`);
    return ((await body.json()) as { data?: unknown[] }).data?.length ?? 0;
  });

/** The share of enrolments that are traced is the one that the values name, with and without Istio's proxies. */
export async function sampling({ cluster, monitoring }: Options): Promise<Verdict> {
  const release = await Release.of(cluster);
  const seen: { rate: number; accepted: number; traces: number; isWithin: boolean }[] = [];
  try {
    for (const [rate, least, most] of RATES) {
      await release.upgrade(`tracing.samplingRate=${rate}`, '--wait', '--timeout', '6m');
      const from = Date.now();
      const accepted = await enrol(cluster);
      const to = Date.now();
      await sleep(TOLD_MS);
      const traces = await traced(cluster, monitoring, from, to);
      seen.push({ rate, accepted, traces, isWithin: traces >= least && traces <= most });
    }
  } finally {
    await release.rollback('--wait', '--timeout', '6m');
  }
  return {
    good: seen.every(({ isWithin, accepted }) => isWithin && accepted === ENROLMENTS),
    figures: seen.map(({ rate, accepted, traces }) => [
      `samplingRate ${rate}: enrolments, traces of them`,
      `${accepted}, ${traces}`,
      '-',
    ]),
  };
}
