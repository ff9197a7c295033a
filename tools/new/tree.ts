import { spawnSync } from 'node:child_process';
import { root } from '../run/paths.ts';
import { portsOf } from './checks.ts';

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
export const plural = (word: string): string =>
  /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;

/** The place of an app in dapr/<system>.yaml. */
export const entryOf = (appId: string, command: string, port: number): string => {
  const [app, http, grpc, internal, metrics] = portsOf(port);
  return `  - appID: ${appId}
    appDirPath: ..
    command: ${command}
    appPort: ${app}
    daprHTTPPort: ${http}
    daprGRPCPort: ${grpc}
    daprInternalGRPCPort: ${internal}
    metricsPort: ${metrics}
`;
};

/** Runs a program of this repository in its root. */
function execute(...words: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.slice(2).join(' ')} failed: ${(stderr || stdout).trim()}`);
}

/** Writes everything that derives from what services declare, in a process of its own: it reads what has just been written. */
export const derive = (): void => execute('--import', 'tsx', 'tools/new/derive.ts');

/** Formats what was made. Files of a language that the formatter does not know are left as they are. */
export const format = (paths: readonly string[]): void => {
  const known = paths.filter((path) => /\.(tsx?|md|json|ya?ml)$/.test(path));
  if (known.length > 0) execute('node_modules/@biomejs/biome/bin/biome', 'check', '--write', ...known);
};
