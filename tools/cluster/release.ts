import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from '../run/paths.ts';
import { goProgram } from '../run/provision/go.ts';
import { type Cluster, print } from './kubectl.ts';

/** The release that runs lecture, at the revision that it had. Its commands are those of `docs/operations/upgrade.md`. */
export class Release {
  private constructor(
    private readonly helm: (...words: string[]) => Promise<string>,
    private readonly name: string,
    readonly revision: number,
  ) {}

  /** @throws Error: the cluster has no such release, or helm is missing */
  static async of(cluster: Cluster): Promise<Release> {
    const name = await cluster.release();
    const { command } = await goProgram('helm', print);
    const helm = async (...words: string[]): Promise<string> => {
      const [program = '', ...first] = [...command, ...words, '-n', cluster.namespace];
      return (await promisify(execFile)(program, first, { cwd: root, timeout: 600_000 })).stdout;
    };
    const [last] = JSON.parse(await helm('history', name, '-o', 'json', '--max', '1')) as { revision: number }[];
    if (!last) throw new Error(`There is no release ${name}.`);
    return new Release(helm, name, last.revision);
  }

  /** Changes values; does not wait for the pods, unless `more` says so (`--wait`). */
  upgrade(values: string, ...more: string[]): Promise<string> {
    return this.helm('upgrade', this.name, 'helm/madang', '--reset-then-reuse-values', '--set', values, ...more);
  }

  /** Back to the revision that it had. */
  rollback(...more: string[]): Promise<string> {
    return this.helm('rollback', this.name, String(this.revision), ...more);
  }
}
