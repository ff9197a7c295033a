import { prepare } from './prepare.ts';

/** Prepares a pod that was made for the settings `new` of its Configuration. @returns what it says */
async function prepared(marks: (string | undefined)[], limitMs = 3_000): Promise<string[]> {
  const said: string[] = [];
  const markOf = async (): Promise<string | undefined> => {
    const mark = marks.length > 1 ? marks.shift() : marks[0];
    if (mark === 'absent') throw new Error('404');
    return mark;
  };
  const env = { DAPR: 'configurations/lecture-pay', MARKS: JSON.stringify({ 'configurations/lecture-pay': 'new' }) };
  await prepare('lecture', { env, say: (line) => void said.push(line), limitMs, markOf });
  return said;
}

test('given Helm changes a Configuration after its pods, when one prepares, then it waits for the settings it was made for', async () => {
  const marks = ['old', 'old', 'new'];
  expect(await prepared(marks)).toEqual([
    'configurations/lecture-pay: waiting (its settings are not those this pod was made for)',
    expect.stringMatching(/^configurations\/lecture-pay: ready after/),
  ]);
  expect(marks).toEqual(['new']);
});

test('given a pod of the version before, when it starts again after an upgrade, then it goes on with the newer settings', async () => {
  expect(await prepared(['newer'], 600)).toEqual([
    expect.stringContaining('waiting'),
    'configurations/lecture-pay: goes on with other settings than those this pod was made for',
    expect.stringContaining('ready after'),
  ]);
});

test('given a Configuration is not there yet, when a pod prepares, then it says so, and waits', async () => {
  const said = await prepared(['absent', 'new']);
  expect(said[0]).toBe('configurations/lecture-pay: waiting (404)');
  expect(said[1]).toContain('ready after');
});

test('given a Configuration that nobody makes, when a pod prepares, then it ends with a sentence', async () => {
  await expect(prepared(['absent'], 600)).rejects.toThrow('configurations/lecture-pay is not ready after 0.6 s: 404.');
});
