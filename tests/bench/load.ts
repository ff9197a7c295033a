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

/** What a client asks for again and again. */
export interface Command {
  readonly path: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}
export const ENROLMENT: Command = {
  path: '/classes',
  body: { courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' },
};

/** Enrols once; answers the number of the enrolment, or of what else was asked for. */
export async function enrol(pool: Pool, { path, body: request, headers: more } = ENROLMENT): Promise<number> {
  const headers = { 'content-type': 'application/json', ...more };
  const { statusCode, body } = await pool.request({ method: 'POST', path, headers, body: JSON.stringify(request) });
  const text = await body.text();
  if (statusCode !== 201) throw new Error(`${statusCode} ${/"detail":"([^"]*)/.exec(text)?.[1] ?? text}`);
  return (JSON.parse(text) as { id: number }).id;
}

export interface LoadOptions {
  /** Hears each number as it is answered. */
  readonly enrolled?: (id: number) => void;
  /** It ends after so many. */
  readonly limit?: number;
  readonly connections?: number;
  /** It ends when this is true. */
  readonly isOver?: () => boolean;
  readonly command?: Command;
}

/** Enrols on 32 connections, each again as soon as it was answered, for a time or up to a number of enrolments. */
export async function load(port: number, seconds: number, options: LoadOptions = {}): Promise<Load> {
  const { enrolled, limit = Number.POSITIVE_INFINITY, connections = CONNECTIONS, isOver, command } = options;
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections });
  const latencies: number[] = [];
  const failures: string[] = [];
  const started = performance.now();
  const end = started + seconds * 1000;
  let begun = 0;
  const client = async (): Promise<void> => {
    for (let now = performance.now(); now < end && begun < limit && !isOver?.(); now = performance.now()) {
      begun++;
      try {
        const id = await enrol(pool, command);
        latencies.push(performance.now() - now);
        enrolled?.(id);
      } catch (error) {
        failures.push((error as Error).message);
        await sleep(100);
      }
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
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
