/** `npm run test:crash -- [--kills n] [--profile light|full] [--seed n] [--system name ...] [--brokers 3] [--replicas 2] [--attach]`; one part: `npm test -- crash` or `unit-of-work` */
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { endWith } from '../harness/ending.ts';
import { EVENTS_KEPT_MINUTES } from './parts.ts';
import { systemsOf } from './subjects/index.ts';

const options = new Command('test crash')
  .description('Kills processes while commands flow, and proves that nothing was lost and nothing doubled.')
  .option('--kills <n>', 'kills of the running system, per profile', Number, 40)
  .addOption(new Option('--profile <name>', 'only this profile').choices(['light', 'full']))
  .option('--seed <n>', 'other random choices than those of every run of the tests', Number, 791_001)
  .addOption(new Option('--only <part>', 'only this part').choices(['unit-of-work', 'system']))
  .addOption(new Option('--brokers <n>', 'of Kafka on full, which are killed one at a time').choices(['1', '3']))
  .option('--replicas <n>', 'of each service but gateways and alert', Number, 1)
  .option('--system <name...>', 'the systems to kill (all of them when none is named)')
  .option('--attach', 'kill what runs in MADANG_HOME with MADANG_PORT_OFFSET, and leave it running', false)
  .parse()
  .opts<{
    kills: number;
    profile?: 'light' | 'full';
    seed: number;
    only?: string;
    brokers?: string;
    replicas: number;
    system?: string[];
    attach: boolean;
  }>();

// Beside a running system: own state, own ports.
process.env.MADANG_HOME ||= join(resolve(import.meta.dirname, '../..'), '.madang/crash');
process.env.MADANG_PORT_OFFSET ||= '6500';
process.env.MADANG_EVENTS_KEPT_MINUTES ||= EVENTS_KEPT_MINUTES;

// Whatever was started ends with this process, also when it is interrupted.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const { kills, profile, seed, only, attach } = options;

async function violations(): Promise<number> {
  const systems = systemsOf(options.system);
  let found = 0;
  if (only !== 'system') {
    const { unitOfWork } = await import('./unit-of-work/run.ts');
    // A long run tries every trouble at every step, a short one some of them.
    found += await unitOfWork({
      ...(profile ? { profile } : {}),
      seed,
      limit: kills >= 500 ? Number.POSITIVE_INFINITY : 60,
    });
  }
  if (only === 'unit-of-work') return found;
  const { crash } = await import('./system.ts');
  for (const one of profile ? [profile] : (['light', 'full'] as const))
    found += await crash(one, {
      kills,
      seed,
      systems,
      attach,
      brokers: one === 'full' ? Number(options.brokers ?? 1) : 1,
      replicas: options.replicas,
    });
  return found;
}

await endWith(async () => ((await violations()) === 0 ? 0 : 1));
