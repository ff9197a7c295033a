import { homedir } from 'node:os';
import { join } from 'node:path';
import { cache, root } from '../paths.ts';
import type { Progress } from '../process.ts';
import { type Found, firstOf, makeOnce, run, sparse, which } from './ways.ts';

interface GoProgram {
  name: string;
  /** Folder of the committed module that names the version and all it needs. */
  module: string;
  /** The package of its `main`. */
  main: string;
  /** Build tags. */
  tags?: string;
  /** What answers when asked for the version. */
  version: string[];
}

const programs: Record<'helm' | 'kubeconform' | 'promtool', GoProgram> = {
  helm: { name: 'helm', module: 'helm/tools/helm', main: 'helm.sh/helm/v3/cmd/helm', version: ['version', '--short'] },
  kubeconform: {
    name: 'kubeconform',
    module: 'helm/tools/kubeconform',
    main: 'github.com/yannh/kubeconform/cmd/kubeconform',
    version: ['-v'],
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

/** A program for the checks of the chart: from PATH, else built from its committed Go module into the cache. */
export async function goProgram(name: keyof typeof programs, progress: Progress): Promise<Found> {
  const program = programs[name];
  const target = join(cache, 'bin', name);
  const examine = async (path: string, way: string): Promise<Found | undefined> => {
    const { code, output } = await run([path, ...program.version], { limitMs: 20_000 });
    const version = /\d+(\.\d+)+/.exec(output)?.[0] ?? '';
    return code === 0 ? { name, version, way, command: [path], env: {} } : undefined;
  };
  const onPath = async (path: string | undefined, way: string) => (path ? examine(path, way) : undefined);
  return firstOf(
    [
      { name: 'PATH', find: async () => onPath(await which(name), 'PATH') },
      { name: 'cache', find: async () => onPath(await which(target, ['/']), `cache, ${target}`) },
      {
        name: 'go build',
        async find(note) {
          const go = await which('go', ['/usr/local/go/bin', join(homedir(), 'go/bin'), '/opt/homebrew/bin']);
          if (!go) {
            note('no Go');
            return undefined;
          }
          await makeOnce(target, async (unfinished) => {
            progress(`building ${name} from its Go module (once; some minutes)`);
            const onLine = sparse(progress, (count) => `building ${name}: ${count} packages done`);
            const tags = program.tags ? ['-tags', program.tags] : [];
            const command = [go, 'build', '-v', ...tags, '-ldflags', '-s -w', '-o', unfinished, program.main];
            const env = { CGO_ENABLED: '0' };
            const { code, output } = await run(command, {
              cwd: join(root, program.module),
              env,
              limitMs: 1_800_000,
              onLine,
            });
            if (code !== 0) throw new Error(`failed: ${output.split('\n').at(-1)}`);
          });
          return examine(target, `built from ${program.module}, in ${target}`);
        },
      },
    ],
    `${name} is missing: install it, or install Go`,
  );
}
