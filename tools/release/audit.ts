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

/** Known weaknesses of what is shipped. Python's services use the standard library alone. @returns exit code */
export async function audit(): Promise<number> {
  const { output } = await run(['npm', 'audit', '--omit=dev', '--json'], { limitMs: 60_000, cwd: root });
  const { verdict, said } = judge(output);
  process.stdout.write(`${said}\n`);
  return verdict === 'bad' ? 1 : 0;
}
