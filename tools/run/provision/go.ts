import { homedir } from 'node:os';
import { join } from 'node:path';
import { cache, root } from '../paths.ts';
import type { Progress } from '../process.ts';
import { type Examine, type Found, firstOf, makeOnce, run, sparse, type Way, which } from './ways.ts';

export interface GoProgram {
  name: string;
  /** Folder of the committed module that names the version and all it needs. */
  module: string;
  /** The package of its `main`. */
  main: string;
  /** Build tags. */
  tags?: string;
  /** What the linker is told beside leaving out debug information. */
  linker?: string;
}

/** Go's command, where the machine has it. */
export const goOnMachine = (): Promise<string | undefined> =>
  which('go', ['/usr/local/go/bin', join(homedir(), 'go/bin'), '/opt/homebrew/bin']);

/** Builds a program from its committed module into the cache. */
export const goBuild = (program: GoProgram, target: string, examine: Examine, progress: Progress): Way => ({
  name: 'go build',
  async find(note) {
    const { name, module, main, tags, linker } = program;
    const go = await goOnMachine();
    if (!go) {
      note('no Go');
      return undefined;
    }
    await makeOnce(target, async (unfinished) => {
      progress(`building ${name} from its Go module (once; some minutes)`);
      const onLine = sparse(progress, (count) => `building ${name}: ${count} packages done`);
      const flags = ['-s', '-w', ...(linker ? [linker] : [])].join(' ');
      const options = [...(tags ? ['-tags', tags] : []), '-ldflags', flags];
      const { code, output } = await run([go, 'build', '-v', ...options, '-o', unfinished, main], {
        cwd: join(root, module),
        // As the module's go.mod and go.sum say, whatever the user's own settings are.
        env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
        limitMs: 1_800_000,
        onLine,
      });
      if (code !== 0) throw new Error(`failed: ${output.split('\n').at(-1)}`);
    });
    return examine(target, `built from ${module}, in ${target}`);
  },
});

/** Programs for the checks of chart and workflows; `version` is what answers when asked for it. */
const programs: Record<
  'actionlint' | 'helm' | 'kubeconform' | 'oci-registry' | 'promtool',
  GoProgram & { version: string[] }
> = {
  actionlint: {
    name: 'actionlint',
    module: 'helm/tools/actionlint',
    main: 'github.com/rhysd/actionlint/cmd/actionlint',
    version: ['-version'],
  },
  helm: { name: 'helm', module: 'helm/tools/helm', main: 'helm.sh/helm/v3/cmd/helm', version: ['version', '--short'] },
  kubeconform: {
    name: 'kubeconform',
    module: 'helm/tools/kubeconform',
    main: 'github.com/yannh/kubeconform/cmd/kubeconform',
    version: ['-v'],
  },
  // Keeps what it is given in memory, for a test of publishing.
  'oci-registry': {
    name: 'oci-registry',
    module: 'helm/tools/registry',
    main: 'github.com/google/go-containerregistry/cmd/registry',
    version: ['-help'],
  },
  promtool: {
    name: 'promtool',
    module: 'helm/tools/promtool',
    main: 'github.com/prometheus/prometheus/cmd/promtool',
    // Only rules are checked here: without all the clouds it builds in a tenth of the time.
    tags: 'remove_all_sd',
    version: ['--version'],
  },
};

const found = new Map<keyof typeof programs, Found>();

/** A program for these checks: from PATH, else built from its committed Go module into the cache. Once found it is not looked for again, since that starts it. */
export async function goProgram(name: keyof typeof programs, progress: Progress): Promise<Found> {
  const before = found.get(name);
  if (before) return before;
  const program = programs[name];
  const target = join(cache, 'bin', name);
  const examine: Examine = async (path, way) => {
    const { code, output } = await run([path, ...program.version], { limitMs: 20_000 });
    const version = /\d+(\.\d+)+/.exec(output)?.[0] ?? '';
    return code === 0 ? { name, version, way, command: [path], env: {} } : undefined;
  };
  const onPath = async (path: string | undefined, way: string) => (path ? examine(path, way) : undefined);
  const now = await firstOf(
    [
      { name: 'PATH', find: async () => onPath(await which(name), 'PATH') },
      { name: 'cache', find: async () => onPath(await which(target, ['/']), `cache, ${target}`) },
      goBuild(program, target, examine, progress),
    ],
    `${name} is missing: install it, or install Go`,
  );
  found.set(name, now);
  return now;
}
