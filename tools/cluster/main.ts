/**
 * What runs in the cluster besides the services, in one image: `prepare` before a service starts, `scenario` for
 * `helm test`, `skip` for a restore, `load` and `knock` for the demonstrations.
 */
const commands: Record<string, () => Promise<{ main(args: string[]): Promise<number> }>> = {
  prepare: () => import('./prepare.ts'),
  scenario: () => import('./scenario.ts'),
  load: () => import('./load.ts'),
  knock: () => import('./knock.ts'),
  skip: () => import('./skip.ts'),
};

async function run([name = '', ...args]: string[]): Promise<number> {
  const command = commands[name];
  if (command) return (await command()).main(args);
  process.stderr.write(`Name one of ${Object.keys(commands).join(', ')}.\n`);
  return 2;
}

void run(process.argv.slice(2)).then((code) => process.exit(code));
