import { Command, Option } from 'commander';
import { LANGUAGES, type Language, newService } from './service.ts';

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
  await program.parseAsync(args, { from: 'user' });
  return 0;
}
