import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

export const CONNECTIONS = 32;

export interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly done: number;
  /** Enrolments that were not accepted, and what the first of them was answered. */
  readonly failed: number;
  readonly why: string;
}

/** The p-th part of the values, 0 to 1. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
}
export const median = (values: readonly number[]): number => percentile(values, 0.5);

const wish = JSON.stringify({ courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' });

/** Enrols once; answers the number of the enrolment. */
export async function enrol(pool: Pool): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const { statusCode, body } = await pool.request({ method: 'POST', path: '/classes', headers, body: wish });
  const text = await body.text();
  if (statusCode !== 201) throw new Error(`${statusCode} ${/"detail":"([^"]*)/.exec(text)?.[1] ?? text}`);
  return (JSON.parse(text) as { id: number }).id;
}

/** Enrols on 32 connections, each again as soon as it was answered, for a time or up to a number of enrolments. */
export async function load(
  port: number,
  seconds: number,
  enrolled: (id: number) => void = () => undefined,
  limit = Number.POSITIVE_INFINITY,
): Promise<Load> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS });
  const latencies: number[] = [];
  const failures: string[] = [];
  const started = performance.now();
  const end = started + seconds * 1000;
  const client = async (): Promise<void> => {
    for (let now = performance.now(); now < end && latencies.length < limit; now = performance.now()) {
      try {
        const id = await enrol(pool);
        latencies.push(performance.now() - now);
        enrolled(id);
      } catch (error) {
        failures.push((error as Error).message);
        await sleep(100);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  const elapsed = (performance.now() - started) / 1000;
  await pool.close();
  return {
    perSecond: latencies.length / elapsed,
    p50: median(latencies),
    p99: percentile(latencies, 0.99),
    done: latencies.length,
    failed: failures.length,
    why: failures[0] ?? '',
  };
}
