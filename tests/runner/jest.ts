import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { base, type Env, execute, root } from './program.ts';
import { FAULT_LENGTH, NOT_RUN, type Result } from './result.ts';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function faultsOf({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    if (assertionResults.length === 0 && message) return [`  ${file}\n${message.slice(0, FAULT_LENGTH)}`];
    return failed.map(({ fullName, failureMessages }) =>
      `  ${file}: ${fullName}\n${stripVTControlCharacters(failureMessages.join('\n')).slice(0, FAULT_LENGTH)}`.trimEnd(),
    );
  });
}

/**
 * Runs specs. Whether they passed is read in the report of Jest.
 * @param shown whether its output comes while it runs, or in one piece at the end
 */
export async function jest(
  name: string,
  env: Env,
  args: string[],
  shown: 'at once' | 'at the end' = 'at once',
): Promise<Result> {
  const report = join(base, `test-${name}.json`);
  await mkdir(base, { recursive: true });
  await rm(report, { force: true });
  const { output } = await execute(
    'node',
    [join(root, 'node_modules/jest/bin/jest.js'), '--json', '--outputFile', report, ...args],
    { ...env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
    { shown },
  );
  if (shown === 'at the end') process.stdout.write(output);
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) return NOT_RUN;
  const result = JSON.parse(text) as Report;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return { passed: result.numPassedTests, failed, faults: faultsOf(result) };
}
