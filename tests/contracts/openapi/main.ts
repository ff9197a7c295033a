/** `npm run test:contract -- [--requests n] [--system name ...] [--seed n] [--in-memory]`: against systems that run (`./run up`). */
import { Command } from 'commander';
import { PORTS, type System } from '../../harness/client.ts';
import { endWith } from '../../harness/ending.ts';
import { inMemory } from './memory.ts';
import { play } from './play.ts';

const options = new Command('test contract')
  .description('Asks running systems for all that their OpenAPI documents describe, and judges the answers.')
  .option('--system <name...>', 'the systems that are asked (all of them when none is named)')
  .option('--requests <n>', 'how many requests each is asked', Number, 1_000)
  .option('--seed <n>', 'other requests than those of every run', Number, 20_261)
  .option('--in-memory', 'systems in this process instead of those that run', false)
  .parse()
  .opts<{ system?: string[]; requests: number; seed: number; inMemory: boolean }>();

const isSystem = (name: string): name is System => name in PORTS;
const running = (system: System) => ({
  gateway: `http://127.0.0.1:${PORTS[system] + Number(process.env.MADANG_PORT_OFFSET ?? 0)}`,
  close: async () => undefined,
});

async function asked(system: System): Promise<number> {
  const began = Date.now();
  const { gateway, close } = options.inMemory ? await inMemory(system) : running(system);
  const { requests, statuses, unseen, findings } = await play(gateway, options.requests, options.seed, console.log);
  if (unseen.length > 0) console.log(`never succeeded: ${unseen.join(', ')}`);
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const summary = `${requests} requests in ${seconds} s, ${JSON.stringify(statuses)}, ${findings.length} findings`;
  console.log(`contract of ${system}: ${summary}`);
  await close();
  return findings.length;
}

await endWith(async () => {
  let found = 0;
  for (const system of options.system ?? Object.keys(PORTS)) {
    if (!isSystem(system))
      throw new Error(`There is no system "${system}"; there is ${Object.keys(PORTS).join(', ')}.`);
    found += await asked(system);
  }
  return found === 0 ? 0 : 1;
});
