import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BuildOptions,
  build as bundle,
  formatMessages,
  type Message,
  type OutputFile,
  type Plugin,
  stop,
} from 'esbuild';
import { root } from '../paths.ts';
import { exists } from '../provision/ways.ts';
import { buildGo, isGo } from './go-services.ts';
import { pagesOf } from './pages.ts';
import { dist, readTemplates, type ServiceTemplate } from './templates.ts';

/** Whether this service is TypeScript, which is bundled in one file. */
export const isBundled = (service: ServiceTemplate): boolean =>
  service.command.some((word) => word.startsWith(dist) && word.endsWith('.js'));

/** Whether this service (in Python) runs from its sources, without being built. */
export const isInterpreted = (service: ServiceTemplate): boolean => !isBundled(service) && !isGo(service);

/** Where a service's sources are: the gateway is the same for every system. */
export const sourceOf = (service: ServiceTemplate): string =>
  service.name === 'gateway' ? 'services/gateway' : `services/${service.system}/${service.name}`;

/** How everything that runs outside of this repository is bundled. */
export const inOneFile = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'silent',
  // CommonJS packages inside an ES module need a require of their own.
  banner: {
    js: "import { createRequire as madangRequire } from 'node:module';\nconst require = madangRequire(import.meta.url);",
  },
} as const satisfies BuildOptions;

const isBuildFailure = (error: unknown): error is { errors: Message[] } =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors);

/** Says in one sentence why something was not bundled. @throws always */
const notBuilt =
  (what: string) =>
  async (error: unknown): Promise<never> => {
    if (!isBuildFailure(error)) throw error;
    const [first = 'unknown'] = await formatMessages(error.errors.slice(0, 1), { kind: 'error' });
    throw new Error(`${what} cannot be built: ${first.trim()}`);
  };

const ENTRY = 'main';

/** A gateway's entrance for gRPC lies beside it in a file of its own, so that it costs nothing where it is not wanted. */
const GRPC = '.grpc';

/**
 * The main modules, which nobody writes. One of a service runs what its service.ts exports; the gateway is the same for every
 * system but for its page and its OpenAPI document, which are in the bundle.
 */
const mains = (pages: Readonly<Record<string, object>>): Plugin => ({
  name: 'main modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^main:/ }, ({ path }) => ({ path: path.slice(ENTRY.length + 1), namespace: ENTRY }));
    onLoad({ filter: /./, namespace: ENTRY }, ({ path }) => {
      const [system = '', name] = path.split('/');
      const contents =
        name === `gateway${GRPC}`
          ? `import { openGrpc } from './services/gateway/grpc/server.ts';
             import proto from './docs/proto/${system}.proto';
             export const open = (given) => openGrpc({ ...given, proto });`
          : name === 'gateway'
            ? `import { enter } from './services/gateway/main.ts';
               import document from './docs/openapi/${system}.json';
               const beside = import.meta.url.replace(/\\.m?js$/, '${GRPC}$&');
               await enter(${JSON.stringify(pages[system])}, document, () => import(beside));`
            : `import { run } from './services/kit/index.ts';
               import service from './services/${system}/${name}/service.ts';
               await run(service);`;
      return { contents, resolveDir: root };
    });
  },
});

const stampFile = join(dist, 'inputs.json');

/** What decides whether a file is the same as before. */
async function stamp(file: string): Promise<string> {
  const { mtimeMs, size } = await stat(join(root, file));
  return `${mtimeMs}/${size}`;
}

/** Whether these bundles were made of the files as they are now. */
async function isCurrent(appIds: string[]): Promise<boolean> {
  try {
    const made = JSON.parse(await readFile(stampFile, 'utf8')) as { appIds: string[]; files: Record<string, string> };
    await Promise.all(appIds.map((appId) => stat(join(dist, `${appId}.js`))));
    const same = await Promise.all(Object.entries(made.files).map(async ([file, was]) => (await stamp(file)) === was));
    return made.appIds.join() === appIds.join() && same.every(Boolean);
  } catch {
    return false;
  }
}

/**
 * Bundles the console: its server, and the page with its style.
 * @returns the file of the server; the page lies beside it
 */
export async function buildConsole(): Promise<string> {
  const folder = join(dist, 'console');
  const from = 'tools/console';
  const common = { absWorkingDir: root, bundle: true, logLevel: 'silent', legalComments: 'none' } as const;
  await Promise.all([
    bundle({ ...inOneFile, ...common, entryPoints: [`${from}/server/main.ts`], outfile: join(folder, 'server.js') }),
    bundle({
      ...common,
      entryPoints: [
        { in: `${from}/page/main.tsx`, out: 'page' },
        { in: `${from}/page/style.css`, out: 'page' },
      ],
      outdir: folder,
      format: 'esm',
      target: 'es2022',
      minify: true,
      tsconfig: join(root, from, 'page/tsconfig.json'),
    }),
  ]).catch(notBuilt('The console'));
  await stop();
  return join(folder, 'server.js');
}

/** Not what a plugin made. */
const isFile = (input: string): boolean => !input.startsWith(`${ENTRY}:`);

/** Builds the services of these systems. Returns the app ids that run something else than before. */
export async function build(systems: string[]): Promise<string[]> {
  const services = await readTemplates(systems);
  const changed = await bundleServices(services);
  for (const service of services.filter(isGo))
    if (await buildGo(service, sourceOf(service))) changed.push(service.appId);
  return changed;
}

/** Bundles those of these services that are TypeScript. Returns the app ids whose bundle is another than before. */
export async function bundleServices(all: readonly ServiceTemplate[]): Promise<string[]> {
  const services = all.filter(isBundled);
  for (const service of services) {
    const file = `${sourceOf(service)}/${service.name === 'gateway' ? 'main' : 'service'}.ts`;
    if (!(await exists(join(root, file)))) throw new Error(`${service.appId} cannot be built: ${file} does not exist.`);
  }
  const appIds = services.map((service) => service.appId);
  if (await isCurrent(appIds)) return [];
  await mkdir(dist, { recursive: true });
  const { outputFiles, inputs } = await bundlesOf(services).catch(notBuilt('The services'));
  // Its server process would stay as long as the runner.
  await stop();
  const changed = await replaced(outputFiles);
  const files = Object.fromEntries(await Promise.all(inputs.map(async (file) => [file, await stamp(file)])));
  await writeFile(stampFile, JSON.stringify({ appIds, files }));
  return appIds.filter((appId) => ['', GRPC].some((part) => changed.includes(join(dist, `${appId}${part}.js`))));
}

/** The bundles of these services, not written yet, and the files that decide what is in them. */
async function bundlesOf(
  services: readonly ServiceTemplate[],
): Promise<{ outputFiles: OutputFile[]; inputs: string[] }> {
  const pages = await pagesOf([...new Set(services.map(({ system }) => system))]);
  const { outputFiles, metafile } = await bundle({
    absWorkingDir: root,
    entryPoints: services.flatMap(({ system, name, appId }) =>
      (name === 'gateway' ? ['', GRPC] : ['']).map((part) => ({
        in: `${ENTRY}:${system}/${name}${part}`,
        out: appId + part,
      })),
    ),
    outdir: dist,
    ...inOneFile,
    loader: { '.proto': 'text' },
    plugins: [mains(pages.files)],
    sourcemap: true,
    sourcesContent: false,
    write: false,
    metafile: true,
  });
  const inputs = [
    ...Object.keys(metafile.inputs).filter(isFile),
    ...pages.inputs,
    'tsconfig.json',
    'package-lock.json',
    'tools/run/infrastructure/build.ts',
    'tools/run/infrastructure/pages.ts',
  ];
  return { outputFiles, inputs };
}

/** Writes the files that differ from what is there. Returns their paths. */
async function replaced(files: readonly OutputFile[]): Promise<string[]> {
  const changed: string[] = [];
  for (const { path, contents } of files) {
    const before = await readFile(path).catch(() => undefined);
    if (before?.equals(contents)) continue;
    // A process that starts at this moment sees the whole old or the whole new file.
    await writeFile(`${path}.new`, contents);
    await rename(`${path}.new`, path);
    changed.push(path);
  }
  return changed;
}
