import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { type Build, commandOf, type Process, procFile } from './build.ts';
import { type Counts, perEnrolment, sidecarCounts, sumOf, TOTAL } from './counts.ts';
import { cpuTimes, cpuUsed, type Used } from './cpu.ts';
import { type Load, median, percentile } from './load.ts';
import type { Options } from './options.ts';
import type { Published, Stores } from './stores.ts';
import type { Row } from './table.ts';

/** What an enrolment takes. */
export interface Cost {
  readonly cpu: Used;
  readonly counts: Readonly<Record<CountedAt, Counts>>;
}
export type CountedAt = 'sidecar' | 'store' | 'broker';

/** What the parts of a measurement share. */
export interface Bench {
  readonly options: Options;
  readonly build: Build;
  readonly stores: Stores;
  readonly rows: Row[];
  /** What the whole system took, and what the bare services. */
  whole?: Cost;
  bare?: Cost;
}

export const say = (line: string): void => void process.stderr.write(`${line}\n`);
export const ms = (value: number): string => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
/** p50 / p99 in words. */
export const both = (values: readonly number[]): string => `${ms(median(values))} / ${ms(percentile(values, 0.99))}`;
/** p50 and p99 as figures. */
export const figuresOf = (values: readonly number[]): { p50: number; p99: number } => ({
  p50: median(values),
  p99: percentile(values, 0.99),
});
export const failures = ({ failed, why }: Load): string => (failed ? `, ${failed} failed (${why.slice(0, 100)})` : '');

/** What follows a payment. */
export const EFFECTS = ['TextbookDeliveried', 'PointRegistered'];
const PATIENCE_MS = 20_000;

/** How long after the time an event gives (taken just before its commit) another of the same enrolment was on the topic. */
export function ages(published: readonly Published[], effect: string): { ages: number[]; missing: number } {
  const effects = new Map(
    published.flatMap(({ at, event }) => (event.type === effect ? [[event.data.classId, at]] : [])),
  );
  const causes = published.filter(({ event }) => event.type === 'PaymentApproved');
  const found = causes.flatMap(({ event }) => {
    const at = effects.get(event.data.classId);
    return at === undefined ? [] : [at - Date.parse(event.time)];
  });
  return { ages: found, missing: causes.length - found.length };
}

/** Reads the topic until every payment has had its effects, for at most a while. */
export async function settled(stores: Stores, patienceMs = PATIENCE_MS): Promise<Published[]> {
  const publishedEvents: Published[] = [];
  const end = Date.now() + patienceMs;
  do {
    await sleep(300);
    publishedEvents.push(...(await stores.published()));
  } while (EFFECTS.some((effect) => ages(publishedEvents, effect).missing > 0) && Date.now() < end);
  return publishedEvents;
}

/** CPU time and counts so far. */
export interface Reading {
  readonly cpu: Map<string, number>;
  readonly counts: Readonly<Record<CountedAt, Counts>>;
}

/** Reads what these processes, the stores and the broker have done so far. */
export async function read(stores: Stores, processes: readonly Process[]): Promise<Reading> {
  const cpu = cpuTimes(processes);
  const asked = await stores.asked();
  const sidecar = await sidecarCalls(processes);
  return { cpu, counts: { ...asked, sidecar } };
}

export function costOf(before: Reading, after: Reading, processes: readonly Process[], enrolments: number): Cost {
  const between = (at: CountedAt): Counts => perEnrolment(before.counts[at], after.counts[at], enrolments);
  return {
    cpu: cpuUsed(before.cpu, after.cpu, processes, enrolments),
    counts: { sidecar: between('sidecar'), store: between('store'), broker: between('broker') },
  };
}

/** Of all sidecars that show metrics; not a number where one does not. */
async function sidecarCalls(processes: readonly Process[]): Promise<Counts> {
  const all = processes.filter(({ kind }) => kind === 'sidecar').map(({ pid }) => metricsOf(pid));
  return sumOf(await Promise.all(all));
}

async function metricsOf(pid: number): Promise<Counts> {
  const port = flag(commandOf(pid), 'metrics-port');
  try {
    const { body, statusCode } = await request(`http://127.0.0.1:${port}/metrics`);
    const text = await body.text();
    return statusCode === 200 && text.includes('dapr_') ? sidecarCounts(text) : { [TOTAL]: Number.NaN };
  } catch {
    // Its metrics are off, or there is no /proc that says where they are.
    return { [TOTAL]: Number.NaN };
  }
}

/** The value of `--name=value` in a command line. */
export const flag = (command: readonly string[], name: string): string | undefined =>
  command.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);

/** The settings of Go's runtime that a process was started with. */
export const goSettings = (pid: number): Record<string, string> =>
  Object.fromEntries(
    procFile(pid, 'environ')
      .split('\0')
      .filter((one) => /^GO[A-Z]+=/.test(one))
      .map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  );
