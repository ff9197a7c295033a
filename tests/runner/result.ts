/** What came of a suite. */
export interface Result {
  readonly passed: number;
  readonly failed: number;
  /** What failed and how, a few lines each. */
  readonly faults: readonly string[];
}

/** A suite that could not run at all has failed once. */
export const NOT_RUN: Result = { passed: 0, failed: 1, faults: ['  could not run, see its output above'] };

/** What is told of a fault, in characters. */
export const FAULT_LENGTH = 1500;

/** What came of several suites. */
export const sum = (results: readonly Result[]): Result => ({
  passed: results.reduce((all, { passed }) => all + passed, 0),
  failed: results.reduce((all, { failed }) => all + failed, 0),
  faults: results.flatMap(({ faults }) => faults),
});

/** What failed and how in one line: the last lines of a long output are all that some people see. */
export const inOneLine = (fault: string): string => {
  const lines = fault.split('\n').map((line) => line.trim());
  const how = lines.slice(1).filter((line) => line !== '' && !line.startsWith('at ') && !line.includes('Object.is'));
  const where = lines.find((line) => line.startsWith('at ') && line.includes('/tests/'))?.match(/[\w.-]+:\d+/)?.[0];
  return `${lines[0]?.replace(/^tests\//, '').slice(0, 130)} | ${where ?? ''} ${how.join(' ').slice(0, 110)}`;
};
