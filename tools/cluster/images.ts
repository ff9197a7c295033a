import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build as bundle, stop } from 'esbuild';
import { buildConsole, bundleServices, inOneFile, isBundled, sourceOf } from '../run/infrastructure/build.ts';
import { isGo } from '../run/infrastructure/go-services.ts';
import { systems as allSystems, dist, readTemplates } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { which } from '../run/provision/ways.ts';

interface Image {
  name: string;
  file: string;
  context: string;
  /** Stage of the Dockerfile; without one its last. */
  target?: 'service' | 'gateway' | 'console';
  arguments: Record<string, string>;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function execute(command: string[], quiet = false): string {
  const [program = '', ...args] = command;
  const { status, stdout, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', 'inherit'],
    env: { ...process.env, DOCKER_BUILDKIT: '1' },
  });
  if (status !== 0) throw new Error(`${command.join(' ')} failed${error ? `: ${error.message}` : ''}.`);
  return (stdout ?? '').trim();
}

/** The hash of what is built; with changes that are not committed, so that no tag ever means two things. */
function commit(): string {
  const hash = execute(['git', 'rev-parse', '--short=12', 'HEAD'], true);
  const changed = execute(['git', 'status', '--porcelain', '--', 'services', 'tools', 'helm/images'], true);
  return changed ? `${hash}-${Math.floor(Date.now() / 1000)}` : hash;
}

/** The engine that works here; buildah needs no service in the background. */
async function engine(): Promise<string> {
  for (const program of ['docker', 'podman', 'buildah']) {
    if (!(await which(program))) continue;
    if (spawnSync(program, ['info'], { stdio: 'ignore', timeout: 20_000 }).status === 0) return program;
  }
  throw new Error('Images need docker, podman or buildah; none of them works here.');
}

/** The bundles, and an image for each service of these systems, for the tools and for the console. */
async function imagesOf(systems: string[], bases: { node?: string; python?: string; go?: string }): Promise<Image[]> {
  const services = await readTemplates(systems);
  await bundleServices(services);
  await mkdir(dist, { recursive: true });
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    ...inOneFile,
    entryPoints: [{ in: 'tools/cluster/main.ts', out: 'tools' }],
    outdir: dist,
    // The Kafka client reads its WebAssembly from a file; this is the same with the bytes in it.
    alias: { '@platformatic/wasm-utils': join(root, 'node_modules/@platformatic/wasm-utils/dist/bundled.js') },
    write: false,
  });
  await stop();
  for (const { path, contents } of outputFiles) await writeFile(path, contents);
  const base = (image: string | undefined): Record<string, string> => (image ? { BASE: image } : {});
  const inNode = (name: string): Image => ({
    name,
    file: 'helm/images/Dockerfile',
    context: dist,
    target: name.endsWith('-gateway') ? 'gateway' : 'service',
    arguments: { ...base(bases.node), SERVICE: name },
  });
  await buildConsole();
  return [
    inNode('tools'),
    { name: 'console', file: 'helm/images/Dockerfile', context: dist, target: 'console', arguments: base(bases.node) },
    ...services.map((service) =>
      isBundled(service)
        ? inNode(service.appId)
        : {
            name: service.appId,
            file: isGo(service) ? 'helm/images/Dockerfile.go' : 'helm/images/Dockerfile.python',
            context: sourceOf(service),
            arguments: base(isGo(service) ? bases.go : bases.python),
          },
    ),
  ];
}

/** `npm run images -- [system...] [--registry r] [--tag t] [--push] [--only app-id,...] [--node-base i] [--python-base i] [--go-base i]` */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      registry: { type: 'string', default: 'localhost' },
      tag: { type: 'string' },
      push: { type: 'boolean', default: false },
      only: { type: 'string' },
      'node-base': { type: 'string' },
      'python-base': { type: 'string' },
      'go-base': { type: 'string' },
    },
  });
  const systems = positionals.length ? positionals : await allSystems();
  // A repository's owner may have capital letters, a reference may not.
  const registry = values.registry.toLowerCase();
  const tag = values.tag ?? commit();
  const program = await engine();
  const only = values.only?.split(',');
  const bases = {
    ...(values['node-base'] ? { node: values['node-base'] } : {}),
    ...(values['python-base'] ? { python: values['python-base'] } : {}),
    ...(values['go-base'] ? { go: values['go-base'] } : {}),
  };
  for (const image of await imagesOf(systems, bases)) {
    if (only && !only.includes(image.name)) continue;
    const reference = `${registry}/madang/${image.name}:${tag}`;
    const args = Object.entries(image.arguments).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    const isolation = program === 'buildah' ? ['bud', '--isolation', 'chroot'] : ['build'];
    const stage = image.target ? ['--target', image.target] : [];
    execute([program, ...isolation, '-q', '-t', reference, ...stage, ...args, '-f', image.file, image.context], true);
    if (values.push) execute([program, 'push', ...(program === 'buildah' ? [] : ['-q']), reference], true);
    print(reference);
  }
  print(
    `\nhelm upgrade --install madang helm/madang --reset-then-reuse-values --set image.registry=${registry} --set-string image.tag=${tag} --set systems='{${systems.join(',')}}'`,
  );
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
