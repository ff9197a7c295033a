import type { Progress } from '../process.ts';
import { type Found, run, type Way, which } from './ways.ts';

let engine: Promise<string | undefined> | undefined;

/** The container engine that answers, if any. */
export function containerEngine(): Promise<string | undefined> {
  engine ??= (async () => {
    for (const program of ['docker', 'podman']) {
      if (!(await which(program))) continue;
      const { code } = await run([program, 'version', '--format', '{{.Server.Version}}'], { limitMs: 3000 });
      if (code === 0) return program;
    }
    return undefined;
  })();
  return engine;
}

/** A program in an image: there already, or pulled within two minutes. */
export const container = (name: string, image: string, command: string[], progress: Progress): Way => ({
  name: 'container',
  async find(note) {
    const program = await containerEngine();
    if (!program) return undefined;
    if ((await run([program, 'image', 'inspect', image], { limitMs: 5000 })).code !== 0) {
      progress(`pulling ${image}`);
      const { code, output } = await run([program, 'pull', '-q', image], { limitMs: 120_000 });
      if (code !== 0) {
        note(`${image} could not be pulled: ${output.split('\n').at(-1)}`);
        return undefined;
      }
    }
    const version = image.split(':').at(-1) ?? '';
    return { name, version, way: `container ${image}`, command, env: {}, image };
  },
});

/**
 * The command line that runs a found program with these arguments: as it is, or in a container that
 * sees the folder under its own path and publishes the ports on 127.0.0.1 only.
 */
export async function commandLine(
  found: Found,
  args: string[],
  within: { folder: string; ports: number[]; name?: string },
): Promise<string[]> {
  if (!found.image) return [...found.command, ...args];
  const program = (await containerEngine()) ?? 'docker';
  const [entry = '', ...first] = found.command;
  const line = [
    ...[program, 'run', '--rm', '--entrypoint', entry, '-v', `${within.folder}:${within.folder}`],
    ...['--user', `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`],
    ...within.ports.flatMap((port) => ['-p', `127.0.0.1:${port}:${port}`]),
    ...(within.name ? ['--name', within.name] : []),
    ...[found.image, ...first, ...args],
  ];
  if (!within.name) return line;
  // A killed client leaves its container behind; the next start removes it first.
  const quoted = line.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return ['sh', '-c', `${program} rm -f ${within.name} >/dev/null 2>&1; exec ${quoted}`];
}

/** Address to listen on: a container's own network is not the host's, its ports are published on 127.0.0.1. */
export const listenAddress = (found: Found): string => (found.image ? '0.0.0.0' : '127.0.0.1');
