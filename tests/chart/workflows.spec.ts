import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageChart } from '../../tools/release/chart.ts';
import { goProgram } from '../../tools/run/provision/go.ts';
import { LONG_TERM } from '../../tools/run/provision/node.ts';
import { run } from '../../tools/run/provision/ways.ts';
import { root } from '../harness/system.ts';
import { renderAsWritten } from './helm.ts';

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Record<string, string>;
}
interface Workflow {
  readonly jobs: Record<
    string,
    { readonly steps: readonly Step[]; readonly strategy?: { matrix: { node: string[] } } }
  >;
}

const folder = join(root, '.github/workflows');
const files = (await readdir(folder)).map((name) => join(folder, name));
const read = async (file: string): Promise<Workflow> => parse(await readFile(file, 'utf8')) as Workflow;
const workflows = await Promise.all(files.map(read));
const steps = workflows.flatMap(({ jobs }) => Object.values(jobs)).flatMap((job) => job.steps);

/** What actionlint says of these files; nothing is the good answer. */
async function faultsOf(...of: string[]): Promise<string> {
  const { command } = await goProgram('actionlint', console.log);
  // Its helpers may be on this machine or not; what it says must not depend on that.
  return (await run([...command, '-shellcheck=', '-pyflakes=', ...of], { limitMs: 60_000 })).output;
}

/** What a step calls that is not in the repository. */
async function strangerIn({ run: command = '' }: Step): Promise<string | undefined> {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const [, script] = /^npm (?:run )?([\w:]+)/.exec(command) ?? [];
  if (script) return script === 'ci' || script in scripts ? undefined : command;
  const [program = ''] = command.split(' ');
  return access(join(root, program)).then(
    () => undefined,
    () => command,
  );
}

describe('the workflows', () => {
  test('given actionlint, when it reads them, then it finds nothing', async () => {
    expect(files.length).toBeGreaterThanOrEqual(3);
    expect(await faultsOf(...files)).toBe('');
  });

  test('given a workflow with an unknown input, when actionlint reads it, then it names it', async () => {
    const place = await mkdtemp(join(tmpdir(), 'madang-workflow-'));
    const text = await readFile(join(folder, 'deploy.yml'), 'utf8');
    await writeFile(join(place, 'wrong.yml'), text.replaceAll('inputs.version', 'inputs.release'));
    expect(await faultsOf(join(place, 'wrong.yml'))).toContain('property "release" is not defined');
    await rm(place, { recursive: true });
  });

  test('given their commands, when the repository is searched, then each is a script of it', async () => {
    const commands = steps.filter((step) => step.run);
    expect(commands.length).toBeGreaterThan(5);
    const strangers = await Promise.all(commands.map(strangerIn));
    expect(strangers.filter(Boolean)).toEqual([]);
    expect(await strangerIn({ run: 'npm run publish:all' })).toBe('npm run publish:all');
  });

  test('given the long-term Node of the runner, when they test and the images are built, then it is that one', async () => {
    const [line] = LONG_TERM.split('.');
    const tested = workflows.flatMap(({ jobs }) =>
      Object.values(jobs).flatMap((job) => job.strategy?.matrix.node ?? []),
    );
    const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
    expect(tested).toEqual([engines.node.replace('>=', ''), '22', '24', line]);
    const chosen = steps.flatMap((step) => step.with?.['node-version'] ?? []);
    expect(new Set(chosen.filter((version) => !version.includes('matrix')))).toEqual(new Set([line]));
    expect(await readFile(join(root, 'helm/images/Dockerfile'), 'utf8')).toContain(`nodejs${line}-debian`);
  });
});

test('given the chart packaged for a registry, when it is installed as it is, then images have its version and registry', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const file = await packageChart('registry.example/shop');
  expect(file).toMatch(new RegExp(`/madang-${version.replaceAll('.', '\\.')}\\.tgz$`));
  expect(await renderAsWritten('helm install madang helm/madang -n madang', file)).toContain(
    `image: registry.example/shop/madang/lecture-pay:${version}\n`,
  );
});
