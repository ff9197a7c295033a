/** `npm run test:hostile -- [--system name ...] [--profile light|full] [--minutes n] [--seed n] [--attach]` */
import { execFile, spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { EVENTS_KEPT_MINUTES } from '../crash/parts.ts';
import { subjects, systemsOf } from '../crash/subjects/index.ts';
import { endWith } from '../harness/ending.ts';

const options = new Command('test hostile')
  .description('Attacks running systems with requests and messages while honest clients work on them.')
  .option('--system <name...>', 'the systems to attack, one after the other (all of them when none is named)')
  .addOption(new Option('--profile <name>', 'what they run on').choices(['light', 'full']).default('light'))
  .option('--minutes <n>', 'how long each is attacked', Number, 0.3)
  .option('--seed <n>', 'other attacks than those of every run of the tests', Number, 20_261)
  .option('--attach', 'attack what runs in MADANG_HOME with MADANG_PORT_OFFSET, and leave it running', false)
  .parse()
  .opts<{ system?: string[]; profile: 'light' | 'full'; minutes: number; seed: number; attach: boolean }>();

const root = resolve(import.meta.dirname, '../..');
// Beside a running system: own state, own ports.
if (!options.attach) {
  process.env.MADANG_HOME ||= join(root, '.madang/hostile');
  process.env.MADANG_PORT_OFFSET ||= '6800';
}
process.env.MADANG_EVENTS_KEPT_MINUTES ||= EVENTS_KEPT_MINUTES;
const home = resolve(process.env.MADANG_HOME || join(root, '.madang'));

const { running: status } = await import('../../tools/run/cli/client.ts');
const { besiege } = await import('./siege.ts');

const run = (...words: string[]): Promise<{ code: number; text: string }> =>
  new Promise((done) => {
    execFile(join(root, 'run'), words, { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      done({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, text: `${stdout}${stderr}` }),
    );
  });

/** A service that takes one request at a time (docs/contracts/reward.md#limit-gift) would refuse honest clients because of attackers: here it takes many. */
async function withoutLimit<T>(system: string, work: () => Promise<T>): Promise<T> {
  if (system !== 'reward') return work();
  const before = /^GIFT_AT_ONCE=.*$/m.exec((await run('config', system)).text)?.[0] ?? 'GIFT_AT_ONCE=1';
  await run('config', system, 'GIFT_AT_ONCE=1000');
  try {
    return await work();
  } finally {
    await run('config', system, before);
  }
}

async function attacked(system: string): Promise<number> {
  const now = await status();
  const port = now.services.find(({ appId }) => appId === `${system}-gateway`)?.port;
  if (!port) throw new Error(`The ${system} system does not run.`);
  return withoutLimit(system, () =>
    besiege({
      place: { system, profile: now.profile, home, gateway: `http://127.0.0.1:${port}` },
      subject: subjects[system]!(),
      seed: options.seed,
      // Long enough for a 99th percentile.
      quietMs: Math.min(90_000, Math.max(8_000, options.minutes * 6_000)),
      attackMs: options.minutes * 60_000,
      status,
      health: () => run('status'),
    }),
  );
}

/** From an empty home to an empty home. */
async function alone(system: string): Promise<number> {
  await run('down');
  await rm(home, { recursive: true, force: true });
  const began = await run('up', system, '--profile', options.profile, '--detach', '--no-console');
  // Its last line says why.
  if (began.code !== 0) throw new Error(`${system} did not start: ${began.text.trim().split('\n').at(-1)}`);
  try {
    return await attacked(system);
  } finally {
    await run('down');
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    if (!options.attach) spawnSync(join(root, 'run'), ['down'], { cwd: root });
    process.exit(130);
  });

await endWith(async () => {
  let violations = 0;
  for (const system of systemsOf(options.system)) violations += await (options.attach ? attacked : alone)(system);
  return violations === 0 ? 0 : 1;
});
