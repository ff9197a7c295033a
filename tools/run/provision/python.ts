import { type Found, firstOf, installed, run } from './ways.ts';

async function examine(path: string, way: string): Promise<Found | undefined> {
  const { output } = await run([path, '--version'], { limitMs: 10_000 });
  const [, version = '', minor = '0'] = /Python (3\.(\d+)\S*)/.exec(output) ?? [];
  return Number(minor) >= 9 ? { name: 'Python', version, way, command: [path], env: {} } : undefined;
}

export const python = (): Promise<Found> =>
  firstOf(
    [installed(['python3', 'python'], examine, ['/opt/homebrew/bin'])],
    'Python is missing: install Python 3.9 or later, the alert service is written in it',
  );
