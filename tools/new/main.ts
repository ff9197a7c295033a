import { Command, Option } from 'commander';
import { LANGUAGES, type Language, newService } from './service.ts';
import { newSystem } from './system.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

/** `./run new service <system> <name>`: makes what a new service or system consists of. */
export async function main(args: string[]): Promise<number> {
  const program = new Command('./run new').description('Makes a service or a system that works.');
  program
    .command('service')
    .description(
      'a service: a policy on an event, a read model, routes, tests, and its place in everything that names services',
    )
    .argument('<system>')
    .argument('<name>', 'one word in lower case')
    .addOption(new Option('--language <language>', 'what it is written in').choices(LANGUAGES).default('typescript'))
    .option('--on <event>', 'the event it acts on (the first that the system publishes)')
    .option('--port <port>', 'its port (the first that is free)')
    .action(async (system: string, name: string, options: { language: Language; on?: string; port?: string }) => {
      const { files, port } = await newService({ system, name, ...options });
      for (const file of files) print(file);
      print(
        `${system}-${name} has port ${port} in dapr/${system}.yaml. Start it with ./run up ${system}; docs/tutorial.md goes on from here.`,
      );
    });
  program
    .command('system')
    .description('a system: a gateway with a page, and one service on whose event others can act')
    .argument('<system>', 'one word in lower case')
    .argument('[service]', 'the name of its first service', 'item')
    .action(async (system: string, name: string) => {
      const { files, port } = await newSystem(system, name);
      for (const file of files) print(file);
      print(
        `${system} has its entrance at port ${port}. Start it with ./run up ${system}, and play its story with ./run scenario ${system}.`,
      );
    });
  await program.parseAsync(args, { from: 'user' });
  return 0;
}
