import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Env, execute, root } from './program.ts';
import { FAULT_LENGTH, NOT_RUN, type Result, sum } from './result.ts';

/** Suites that are not Jest's: their output is read. */

/** The tests of every service in Python, a run for each. */
export async function python(): Promise<Result> {
  const files = await readdir(join(root, 'services'), { recursive: true });
  const folders = new Set(
    files.filter((file) => /\/test_\w+\.py$/.test(file)).map((file) => `services/${dirname(file)}`),
  );
  const results: Result[] = [];
  for (const folder of folders) {
    const { output } = await execute('python3', ['-m', 'unittest', 'discover', folder], {});
    const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
    if (ran === 0) return NOT_RUN;
    const [, troubles = ''] = /^FAILED \((.*)\)/m.exec(output) ?? [];
    const counts = [...troubles.matchAll(/(?:failures|errors)=(\d+)/g)].map(([, count]) => Number(count));
    const failed = counts.reduce((all, count) => all + count, 0);
    results.push({ passed: ran - failed, failed, faults: output.match(/^(?:FAIL|ERROR): .*/gm) ?? [] });
  }
  return folders.size > 0 ? sum(results) : NOT_RUN;
}

/** A program that prints summaries: each of them counts as a test. */
export async function counted(file: string, env: Env, args: string[], priority?: 'lowest'): Promise<Result> {
  const { code, output } = await execute('node', ['--import', 'tsx', join(root, file), ...args], env, { priority });
  const summaries = output.matchAll(
    /^unit of work: .*violations (\d+)|^(?:crash test on|simulation of) .*: (\d+) violations|^hostile .*, (\d+) violations|^mutants: .*, (\d+) not found/gm,
  );
  const counts = [...summaries].map((found) => Number(found.slice(1).find((number) => number !== undefined)));
  const failed = counts.filter((count) => count > 0).length;
  const faults = [...output.matchAll(/^VIOLATION .*(?:\n {3}.*){0,12}/gm)].map(([text]) => text.slice(0, FAULT_LENGTH));
  return { passed: counts.length - failed, failed: failed || (code === 0 && counts.length > 0 ? 0 : 1), faults };
}
