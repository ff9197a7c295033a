import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../run/paths.ts';
import { run } from '../run/provision/ways.ts';

const Report = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
});

/**
 * What `npm audit --json` found, in sentences.
 * @returns good: nothing is known; bad: a package has a known weakness; skipped: the registry did not say
 */
export function judge(output: string): { verdict: 'good' | 'bad' | 'skipped'; said: string } {
  const report = Report.safeParse(parsed(output));
  if (!report.success)
    return { verdict: 'skipped', said: 'npm audit was skipped: the registry cannot be asked for weaknesses here.' };
  const found = Object.entries(report.data.vulnerabilities);
  if (found.length === 0) return { verdict: 'good', said: 'npm knows no weakness of what is shipped.' };
  return {
    verdict: 'bad',
    said: found.map(([name, { severity, range }]) => `${name} ${range}: ${severity}`).join('\n'),
  };
}

function parsed(output: string): unknown {
  try {
    // Warnings may stand before the report.
    return JSON.parse(output.slice(output.search(/^\{/m)));
  } catch {
    return undefined;
  }
}

const PythonReport = z.object({
  dependencies: z.array(
    z.object({
      name: z.string(),
      version: z.string().optional(),
      vulns: z.array(z.object({ id: z.string() })).optional(),
    }),
  ),
});

/** The same of what `pip-audit --format json` found. */
export function judgePython(output: string): ReturnType<typeof judge> {
  const report = PythonReport.safeParse(parsed(output));
  if (!report.success)
    return {
      verdict: 'skipped',
      said: 'pip-audit was skipped: it is not installed, or cannot ask for weaknesses here.',
    };
  const found = report.data.dependencies.filter(({ vulns }) => vulns?.length);
  if (found.length === 0) return { verdict: 'good', said: 'pip-audit knows no weakness of what is shipped.' };
  return {
    verdict: 'bad',
    said: found
      .map(({ name, version, vulns }) => `${name} ${version}: ${vulns?.map(({ id }) => id).join(', ')}`)
      .join('\n'),
  };
}

/** Lists of Python packages that services need. There is none as long as the standard library is enough. */
async function pythonLists(): Promise<string[]> {
  const folder = join(root, 'services');
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => /(?:^|\/)requirements[^/]*\.txt$/.test(file)).map((file) => join(folder, file));
}

/** Known weaknesses of what is shipped, in npm's packages and Python's. @returns exit code */
export async function audit(): Promise<number> {
  const at = { limitMs: 60_000, cwd: root };
  const judged = [judge((await run(['npm', 'audit', '--omit=dev', '--json'], at)).output)];
  for (const list of await pythonLists())
    judged.push(judgePython((await run(['pip-audit', '--format', 'json', '-r', list], at)).output));
  for (const { said } of judged) process.stdout.write(`${said}\n`);
  return judged.some(({ verdict }) => verdict === 'bad') ? 1 : 0;
}
