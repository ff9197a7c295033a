import { request } from 'node:http';
import { parseArgs } from 'node:util';

/** What siege prints, and more: how it went for each status. */
export interface LoadResult {
  transactions: number;
  failed: number;
  /** Percent of the requests that were answered below 400. */
  availability: number;
  elapsedSeconds: number;
  perSecond: number;
  /** In milliseconds. */
  mean: number;
  longest: number;
  /** Status, or what broke the connection: how often, and how long it took. */
  answers: Record<string, { count: number; median: number; p99: number; longest: number }>;
}

/** Marks the line of the log that is the result. */
export const RESULT = 'RESULT ';

interface Shot {
  outcome: string;
  ms: number;
}

/** One request on a connection of its own, as siege does it, so that each is balanced anew. */
function shoot(method: string, url: string, body: string, host: string | undefined): Promise<Shot> {
  const began = performance.now();
  return new Promise((done) => {
    const end = (outcome: string) => done({ outcome, ms: performance.now() - began });
    const call = request(
      url,
      {
        method,
        agent: false,
        timeout: 30_000,
        headers: {
          ...(host ? { host } : {}),
          ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
        },
      },
      (response) => {
        response.resume();
        response.once('end', () => end(String(response.statusCode)));
        response.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'broken off'));
      },
    );
    call.once('timeout', () => call.destroy(Object.assign(new Error(), { code: 'no answer within 30 s' })));
    call.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    call.end(body);
  });
}

const isGood = ({ outcome }: Shot): boolean => /^[123]\d\d$/.test(outcome);

function summaryOf(shots: readonly Shot[], elapsedMs: number): LoadResult {
  const good = shots.filter(isGood);
  const round = (value: number) => Math.round(value * 100) / 100;
  const answers = Object.fromEntries(
    [...new Set(shots.map(({ outcome }) => outcome))].map((outcome) => {
      const times = shots.flatMap((shot) => (shot.outcome === outcome ? [shot.ms] : [])).sort((a, b) => a - b);
      const at = (share: number) =>
        Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
      return [outcome, { count: times.length, median: at(0.5), p99: at(0.99), longest: at(1) }];
    }),
  );
  return {
    transactions: good.length,
    failed: shots.length - good.length,
    // Never rounded up to 100.
    availability: shots.length ? Math.floor((good.length / shots.length) * 10_000) / 100 : 0,
    elapsedSeconds: round(elapsedMs / 1000),
    perSecond: round(good.length / (elapsedMs / 1000)),
    mean: round(shots.reduce((sum, { ms }) => sum + ms, 0) / (shots.length || 1)),
    longest: Math.round(shots.reduce((most, { ms }) => Math.max(most, ms), 0)),
    answers,
  };
}

/** `load --url http://... [--method POST] [--body {...}] [--host name] [--users 100] [--seconds 120]` */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string' },
      method: { type: 'string', default: 'POST' },
      body: { type: 'string', default: '' },
      host: { type: 'string' },
      users: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '120' },
    },
  });
  const { url = '', method, body, host, users, seconds } = values;
  const shots: Shot[] = [];
  const began = performance.now();
  const until = began + Number(seconds) * 1000;
  let seen = 0;
  const ticker = setInterval(() => {
    const recent = shots.slice(seen);
    seen = shots.length;
    const failed = recent.filter((shot) => !isGood(shot)).length;
    process.stdout.write(
      `${Math.round((performance.now() - began) / 1000)} s: ${recent.length - failed} good, ${failed} failed\n`,
    );
  }, 5000);
  await Promise.all(
    Array.from({ length: Number(users) }, async () => {
      while (performance.now() < until) shots.push(await shoot(method, url, body, host));
    }),
  );
  clearInterval(ticker);
  process.stdout.write(`${RESULT}${JSON.stringify(summaryOf(shots, performance.now() - began))}\n`);
  return 0;
}
