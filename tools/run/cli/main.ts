import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { root } from '../paths.ts';
import type { Profile } from '../process.ts';
import { showLogs } from '../supervisor/logs.ts';
import { type Action, actions } from '../supervisor/status.ts';
import * as client from './client.ts';
import { summary, troubles } from './summary.ts';
import { down, up, wantedSystems } from './up.ts';

/** Services follow a change in less than a second; one whose sidecar has lost it looks again within 30 s. */
const CONFIRMED_MS = 5_000;

const print = (line: string) => process.stdout.write(`${line}\n`);

const profile = () =>
  new Option('--profile <profile>', 'what the services stand on').choices(['light', 'full']).default('light');

function replica(text: string, before: Record<string, number> = {}): Record<string, number> {
  const [, appId, number] = /^([a-z-]+)=([1-9]|1\d|20)$/.exec(text) ?? [];
  if (!appId) throw new InvalidArgumentError('Write it as <app-id>=<1 to 20>.');
  return { ...before, [appId]: Number(number) };
}

function brokers(text: string): 1 | 3 {
  if (text === '1') return 1;
  if (text === '3') return 3;
  throw new InvalidArgumentError('There can be 1 or 3.');
}

/** Commands that live elsewhere: a module with `main(args)`, which returns the exit code. */
function hook(name: string, description: string, file: string, usage: string): Command {
  return new Command(name)
    .description(description)
    .usage(usage)
    .argument('[args...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      const module = (await import(pathToFileURL(join(root, file)).href)) as { main(args: string[]): Promise<number> };
      process.exit(await module.main(args));
    });
}

const program = new Command('./run').description('Runs Madang: services with their sidecars, and what these stand on.');

program
  .command('up')
  .description('start systems (all when none is named) and stay until Ctrl+C')
  .argument('[system...]')
  .addOption(profile())
  .option('-d, --detach', 'return when everything is healthy', false)
  .option('--watch', 'rebuild and restart what changes under services/', false)
  .option('--no-console', 'without the page at http://localhost:8000')
  .option('--grpc', 'gateways serve gRPC, too, at the port above the one of HTTP', false)
  .option('--auth', 'gateways ask for tokens, of an OpenID provider that is started with them', false)
  .option('--tokens', 'a service answers its own sidecar alone, and a sidecar its own service', false)
  .option('--mtls', '--tokens, and sidecars with certificates that take calls of named callers alone', false)
  .addOption(
    new Option('--brokers <n>', 'of Kafka on profile full, 1 or 3; of three any one may be away').argParser(brokers),
  )
  .option('--replicas <app-id=n...>', 'several processes of one service', replica, {})
  .action(
    async (
      named: string[],
      options: {
        profile: Profile;
        detach: boolean;
        watch: boolean;
        console: boolean;
        grpc: boolean;
        auth: boolean;
        tokens: boolean;
        mtls: boolean;
        brokers?: 1 | 3;
        replicas: Record<string, number>;
      },
    ) => up({ ...options, systems: await wantedSystems(named) }),
  );

program.command('down').description('stop everything; nothing is left running').action(down);

program
  .command('status')
  .description('what runs, and whether it makes progress; exit code 1 when something does not')
  .option('--json', 'the services as JSON; exit code 0')
  .action(async ({ json }: { json?: boolean }) => {
    const status = await client.status();
    if (json) print(JSON.stringify(status?.services ?? [], null, 2));
    else if (!status) print('nothing runs; start it with ./run up');
    else {
      print(`${status.profile} profile, ${status.phase}`);
      summary(status);
      for (const trouble of troubles(status)) print(trouble);
      if (troubles(status).length > 0) process.exitCode = 1;
    }
  });

program
  .command('logs')
  .description('the end of a log, of all apps when none is named')
  .argument('[app-id]')
  .option('-f, --follow', 'and what comes', false)
  .option('--sidecar', "of the service's sidecar", false)
  .action(showLogs);

program
  .command('token')
  .description('the token that a service asks for, in the header dapr-api-token, with ./run up --tokens')
  .argument('<app-id>')
  .action(async (appId: string) => {
    const { environmentOf } = await import('../infrastructure/system.ts');
    const service = (await client.running()).services.find((one) => one.appId === appId && one.pid !== null);
    if (!service?.pid) throw new Error(`${appId} does not run.`);
    print(environmentOf(service.pid, 'APP_API_TOKEN') ?? '');
  });

const explained: Record<Action, string> = {
  start: 'start a service that was stopped',
  stop: 'stop a service; it stays so until it is started',
  restart: 'stop and start a service',
  kill: 'kill -9 its app; it is restarted like after any crash',
};
for (const action of actions)
  program
    .command(action)
    .description(explained[action])
    .argument(
      '<app-id>',
      'service, <app-id>-<n> for one of several replicas, or redis, mysql, kafka (of three kafka-1 to kafka-3)',
    )
    .option('--app', 'only the app')
    .option('--sidecar', 'only the sidecar')
    .action(async (id: string, { app, sidecar }: { app?: boolean; sidecar?: boolean }) => {
      await client.running();
      await client.act(id, action, sidecar ? 'sidecar' : app || action === 'kill' ? 'app' : 'both');
    });

program
  .command('config')
  .description('show the configuration of a running system, or change values of it')
  .argument('<system>')
  .argument('[KEY=VALUE...]')
  .action(async (system: string, words: string[]) => {
    const changes = words.map((word) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
      if (!key) throw new Error(`"${word}": write it as KEY=VALUE.`);
      return [key, value ?? ''] as const;
    });
    const { changed } = await import('../supervisor/configuration.ts');
    const wanted = Object.fromEntries(changes);
    const { values, unconfirmed } = await changed(await client.running(), system, wanted, CONFIRMED_MS);
    for (const [key, value] of Object.entries(values)) print(`${key}=${value}`);
    for (const { id, keys } of unconfirmed)
      process.stderr.write(
        `${id} has not confirmed ${keys.join(', ')} within ${CONFIRMED_MS / 1000} s; it looks again every 30 s, and its log says more: ./run logs ${id}\n`,
      );
  });

const infra = program.command('infra').description('only what the services stand on');
infra
  .command('up')
  .addOption(profile())
  .action(({ profile }: { profile: Profile }) =>
    up({ systems: [], replicas: {}, profile, detach: true, watch: false, console: false }),
  );
infra
  .command('down')
  .addOption(profile())
  .action(async () => {
    const status = await client.status();
    if (status?.systems.length)
      throw new Error(`${status.systems.join(', ')} runs on it; ./run down stops services and infrastructure.`);
    await down();
  });

program
  .command('build')
  .description('build the services')
  .action(async () => {
    const started = Date.now();
    const [{ build }, { systems }] = await Promise.all([
      import('../infrastructure/build.ts'),
      import('../infrastructure/templates.ts'),
    ]);
    const changed = await build(await systems());
    print(`built in ${Date.now() - started} ms, changed: ${changed.join(', ') || 'nothing'}`);
  });

program
  .command('doctor')
  .description('what of the needed programs was found where')
  .action(async () => (await import('./doctor.ts')).doctor());
program.addCommand(
  hook('scenario', "play a system's story through its gateway", 'tools/run/cli/scenario.ts', '<system>'),
);
program.addCommand(
  hook('docs', 'write docs/systems from what the code declares', 'tools/docs/main.ts', '[--pictures]'),
);
program.addCommand(
  hook(
    'generate',
    'write what derives from the services: gateway routes, OpenAPI, AsyncAPI',
    'tools/generate/main.ts',
    '',
  ),
);

program.addCommand(
  hook('new', 'make a service or a system that works', 'tools/new/main.ts', 'service <system> <name>'),
);

// Who reads may end first (`./run logs -f | head`); a supervisor then stops in good order.
process.stdout.once('error', () => process.kill(process.pid, 'SIGTERM')).on('error', () => undefined);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
