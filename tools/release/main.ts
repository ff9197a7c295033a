/**
 * `npm run version:check -- [tag]`: one version everywhere, and the tag names it.
 * `npm run audit`: known weaknesses of what is shipped, where the registry can be asked.
 * `npm run chart -- [--registry r] [--push]`: the chart as a package, and into the registry.
 * `npm run deploy -- [--chart c] [--version v] [--namespace n] [--systems a,b] [--registry r] [--tag t] [--rollback]`
 */
import { parseArgs } from 'node:util';
import { audit } from './audit.ts';
import { packageChart, pushChart } from './chart.ts';
import { deploy, rollBack } from './deploy.ts';
import { disagreements, versions } from './version.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function checkVersion([tag]: string[]): Promise<number> {
  const found = await versions();
  const wrong = disagreements(found, tag);
  print(wrong.join('\n') || `Version ${found['package.json']} everywhere.`);
  return wrong.length > 0 ? 1 : 0;
}

async function makeChart(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { registry: { type: 'string', default: 'localhost' }, push: { type: 'boolean', default: false } },
  });
  // A repository's owner may have capital letters, a reference may not.
  const registry = values.registry.toLowerCase();
  const file = await packageChart(registry);
  print(file);
  if (values.push) await pushChart(file, registry);
  return 0;
}

async function runDeployment(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      chart: { type: 'string' },
      version: { type: 'string' },
      namespace: { type: 'string', default: 'madang' },
      systems: { type: 'string', default: 'lecture' },
      registry: { type: 'string' },
      tag: { type: 'string' },
      rollback: { type: 'boolean', default: false },
    },
  });
  const registry = values.registry?.toLowerCase();
  const chart = values.chart ?? (values.version ? `oci://${registry ?? 'localhost'}/charts/madang` : 'helm/madang');
  return values.rollback ? rollBack(values.namespace) : deploy({ ...values, registry, chart });
}

const commands: Record<string, (args: string[]) => Promise<number>> = {
  version: checkVersion,
  chart: makeChart,
  audit,
  deploy: runDeployment,
};

const [name = '', ...args] = process.argv.slice(2);
try {
  const command = commands[name];
  if (!command) throw new Error(`Name one of ${Object.keys(commands).join(', ')}.`);
  process.exitCode = await command(args);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
