import { mkdir, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cache } from '../paths.ts';
import type { Progress } from '../process.ts';
import { commandLine, container } from './container.ts';
import { debian, libraryPath, unpacked } from './debian.ts';
import { type Found, firstOf, homebrew, installed, makeOnce, run, Unavailable, which } from './ways.ts';

const programs = ['mariadbd', 'mysqld'];

async function examine(path: string, way: string, env: Record<string, string> = {}): Promise<Found | undefined> {
  const { code, output } = await run([path, '--no-defaults', '--version'], { limitMs: 5000, env });
  const version = /Ver (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (code !== 0 || !version) return undefined;
  return { name: output.includes('MariaDB') ? 'MariaDB' : 'MySQL', version, way, command: [path], env };
}

const packages = {
  folder: 'mysql',
  // The client package holds a helper that the initialisation needs.
  packages: [
    'mariadb-server-core mariadb-client-core',
    'mariadb-server-core-10.6 mariadb-client-core-10.6',
    'mysql-server-core-8.0',
  ],
  async examine(folder: string) {
    const env = await libraryPath(folder);
    for (const program of programs) {
      const path = await which(program, [join(folder, 'usr/sbin')]);
      if (path?.startsWith(folder)) {
        const found = await examine(path, `Debian package in ${folder}`, env);
        // Unpacked elsewhere than it was built for: it has to be told where its messages and SQL files are.
        return found && { ...found, command: [path, '--no-defaults', `--basedir=${join(folder, 'usr')}`] };
      }
    }
    return undefined;
  },
};

export async function mysql(progress: Progress): Promise<Found> {
  const onPath = installed(programs, examine, ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/libexec']);
  const found = await firstOf(
    [
      onPath,
      unpacked(packages),
      container('MariaDB', 'mariadb:11.4', ['mariadbd'], progress),
      debian(packages, progress),
      homebrew('mariadb', onPath, progress),
    ],
    'MySQL is missing: install mariadb-server or mysql-server, start a container engine, or name a running one with MADANG_MYSQL=user:password@host:port',
  );
  const [program = '', ...rest] = found.command;
  return { ...found, command: [program, '--no-defaults', ...rest.filter((option) => option !== '--no-defaults')] };
}

/** A small redo log keeps the data directory small enough to copy in an instant. */
export const redoLog = '--loose-innodb-log-file-size=32M';

/** As root the server refuses to run unless told that this is meant. */
export const asUser = (): string[] => (process.getuid?.() === 0 ? [`--user=${userInfo().username}`] : []);

/** An initialised data directory in the cache; a new clone copies it instead of initialising its own. */
export function mysqlTemplate(found: Found, progress: Progress): Promise<string> {
  return makeOnce(join(cache, `mysql-data-${found.name}-${found.version}`), async (unfinished) => {
    progress(`initialising ${found.name} ${found.version} (once)`);
    await mkdir(unfinished, { recursive: true });
    const options = [`--datadir=${unfinished}`, redoLog, ...asUser()];
    const [program = '', ...first] = found.command;
    const installer = program.replace(/[^/]+$/, 'mariadb-install-db');
    const atHand =
      (await which('mariadb-install-db', [
        installer.replace(/mariadb-install-db$/, ''),
        installer.replace(/sbin\/[^/]+$/, 'bin'),
      ])) ?? installer;
    const initialise =
      found.name === 'MySQL'
        ? { ...found, command: [...found.command, '--initialize-insecure'] }
        : { ...found, command: [found.image ? 'mariadb-install-db' : atHand, ...first] };
    const more = found.name === 'MySQL' ? [] : ['--auth-root-authentication-method=normal', '--skip-test-db'];
    const line = await commandLine(initialise, [...options, ...more], { folder: unfinished, ports: [] });
    const { code, output } = await run(line, { limitMs: 120_000, env: found.env });
    if (code === 0) return;
    await rm(unfinished, { recursive: true, force: true });
    throw new Unavailable(
      `${found.name} from ${found.way} could not make its data directory (${output.split('\n').at(-1)}): install another, or name a running one with MADANG_MYSQL=user:password@host:port.`,
    );
  });
}
