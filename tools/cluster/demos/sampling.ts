import { request } from 'undici';
import { type Options, order, type Verdict } from '../demonstration.ts';
import { forwarded, through } from '../entrance.ts';
import type { Cluster } from '../kubectl.ts';
import { Release } from '../release.ts';
import { until } from '../until.ts';

const ENROLMENTS = 100;
const AT_ONCE = 4;
/** Of a hundred enrolments, how many traces there may be: outside of these bounds chance comes once in 10,000 times. */
const RATES: readonly (readonly [rate: number, least: number, most: number])[] = [
  [0, 0, 0],
  [0.1, 1, 23],
  [1, ENROLMENTS, ENROLMENTS],
];
/** How long traces may take. */
export interface Patience {
  /** Longer than collectors keep spans back: traces that have not come by then do not exist. */
  readonly quietMs: number;
  /** The first ones may take longer. */
  readonly firstMs: number;
  readonly limitMs: number;
  /** An answer of Jaeger with a hundred traces has megabytes. */
  readonly everyMs: number;
}
const PATIENCE: Patience = { quietMs: 15_000, firstMs: 60_000, limitMs: 300_000, everyMs: 2_000 };

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

/**
 * How many traces Jaeger has of enrolments that began in this time.
 * @param port where it is reached
 * @throws Error with its words, when it does not tell
 */
export async function tracesIn(port: number, from: number, to: number): Promise<number> {
  const query = `service=lecture-class&start=${from * 1000}&end=${to * 1000}&limit=1000`;
  const { statusCode, body } = await request(`http://127.0.0.1:${port}/api/traces?${query}`);
  const text = await body.text();
  const { data } = (statusCode === 200 ? JSON.parse(text) : {}) as { data?: unknown[] | null };
  if (!data) throw new Error(`Jaeger answers ${statusCode}: ${text.slice(0, 300)}`);
  return data.length;
}

/**
 * How many traces there are when no more of them come.
 * @param least how many are expected at least
 */
export function settled(
  count: () => Promise<number>,
  least: number,
  { quietMs, firstMs, limitMs, everyMs }: Patience = PATIENCE,
): Promise<number> {
  let [seen, since] = [0, Date.now()];
  const look = async (): Promise<number | undefined> => {
    const now = await count();
    if (now !== seen) [seen, since] = [now, Date.now()];
    return Date.now() - since >= (now < least ? firstMs : quietMs) ? now : undefined;
  };
  return until('no more traces come', limitMs, look, everyMs);
}

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
      const traces = await forwarded(cluster.in(monitoring), 'jaeger', 16686, (port) =>
        settled(() => tracesIn(port, from, to), least),
      );
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
