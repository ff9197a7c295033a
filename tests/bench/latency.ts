/** Nobody else at work: latency from commit to effect beside that of a bare event, and Dapr's own outbox. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { ages, type Bench, both, figuresOf, ms, settled } from './bench.ts';
import { enrol, median } from './load.ts';
import { bareDelivery, ownOutbox } from './yardsticks.ts';

const UNLOADED = 200;
const EVERY_MS = 50;

export async function latency({ build, stores, rows, options }: Bench): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${await build.port('lecture-gateway')}`);
  await stores.published();
  const answers: number[] = [];
  for (let n = 0; n < UNLOADED; n++) {
    const started = performance.now();
    await enrol(pool);
    answers.push(performance.now() - started);
    await sleep(Math.max(0, EVERY_MS - (performance.now() - started)));
  }
  await pool.close();
  const { ages: found, missing } = ages(await settled(stores), 'TextbookDeliveried');
  const bare = await bareDelivery(options.profile, build, stores, EVERY_MS);
  const { p50, p99 } = figuresOf(found);
  const against = figuresOf(bare);
  rows.push({
    measure: 'commit -> effect in the consumer, unloaded: p50 / p99',
    figure: both(found) + (missing ? `, ${missing} missing` : ''),
    against: `publish -> deliver through two sidecars, bare: ${both(bare)}`,
    ratio: p50 / against.p50,
    goal: 'ratio 2',
    met: missing === 0 && p50 <= 2 * against.p50,
    values: { p50, p99, 'p50 bare': against.p50, 'p99 bare': against.p99, 'p50 / bare': p50 / against.p50 },
  });
  rows.push({
    measure: 'the same: p99',
    figure: ms(p99),
    against: `its own p50: ${ms(p50)}`,
    ratio: p99 / p50,
    goal: 'ratio 3',
    met: p99 <= 3 * p50,
    values: {},
  });
  rows.push({
    measure: 'one enrolment through the gateway, unloaded: p50 / p99',
    figure: both(answers),
    values: figuresOf(answers),
  });
}

export async function outbox({ build, stores, rows, options: { profile } }: Bench): Promise<void> {
  const { latencies, perSecond } = await ownOutbox(profile, build, stores);
  rows.push({
    measure: `Dapr's own outbox: answer -> delivery; events per second${profile === 'full' ? ' and partition' : ''}`,
    figure: `${ms(median(latencies))}; ${perSecond.toFixed(1)}`,
    values: { p50: median(latencies), 'per second': perSecond },
  });
}
