import { disagreements, versions } from './version.ts';

const same = { 'package.json': '1.2.0', 'version of Chart.yaml': '1.2.0' };

test('given this commit, when package, chart and changelog are read, then they name one version', async () => {
  const found = await versions();
  expect(Object.values(found)).not.toContain(undefined);
  expect(disagreements(found)).toEqual([]);
});

test.each([
  ['another chart', { ...same, 'version of Chart.yaml': '1.1.0' }, 'v1.2.0', 'version of Chart.yaml says 1.1.0'],
  ['no entry of it', { ...same, 'CHANGELOG.md': undefined }, 'v1.2.0', 'CHANGELOG.md says nothing'],
  ['a tag of another version', same, 'v1.3.0', 'the tag v1.3.0 says 1.3.0'],
])('given %s, when a release is checked, then one sentence names it', (_, found, tag, sentence) => {
  expect(disagreements(found, tag)).toEqual([`${sentence}, package.json says 1.2.0.`]);
});

test('given a tag of the version, when a release is checked, then nothing is said', () => {
  expect(disagreements(same, 'v1.2.0')).toEqual([]);
});
