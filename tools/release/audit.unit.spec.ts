import { judge, judgePython } from './audit.ts';

const report = (vulnerabilities: object): string =>
  `npm warn something\n${JSON.stringify({ auditReportVersion: 2, vulnerabilities }, null, 2)}`;

test('given a package with a known weakness, when npm audit is judged, then it is bad and names it', () => {
  const output = report({ leaky: { name: 'leaky', severity: 'high', range: '<1.2.3', via: [] } });
  expect(judge(output)).toEqual({ verdict: 'bad', said: 'leaky <1.2.3: high' });
});

test('given packages without a known weakness, when npm audit is judged, then it is good', () => {
  expect(judge(report({})).verdict).toBe('good');
});

test.each([
  ['refuses', '{ "message": "405 Method Not Allowed", "statusCode": 405 }'],
  ['cannot be reached', 'npm error audit endpoint returned an error\ngave up after 60 s'],
])('given a registry that %s, when npm audit is judged, then it is skipped in one sentence', (_, output) => {
  const { verdict, said } = judge(output);
  expect(verdict).toBe('skipped');
  expect(said).toMatch(/^npm audit was skipped: [^\n]+\.$/);
});

test.each([
  [
    'a package with a known weakness',
    '{"dependencies":[{"name":"leaky","version":"1.0","vulns":[{"id":"CVE-1"}]}]}',
    'bad',
  ],
  [
    'packages without one',
    'No known vulnerabilities found\n{"dependencies":[{"name":"tight","version":"1.0","vulns":[]}]}',
    'good',
  ],
  ['no program to ask', 'pip-audit: not found', 'skipped'],
])('given %s, when pip-audit is judged, then so', (_, output, verdict) => {
  expect(judgePython(output).verdict).toBe(verdict);
});
