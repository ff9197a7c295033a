import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contractOf } from '../../tools/docs/declared.ts';
import { models } from '../../tools/docs/main.ts';
import { page } from '../../tools/docs/pages.ts';
import { shown } from '../../tools/docs/scenarios.ts';
import { root } from '../../tools/run/paths.ts';
import { systems } from '../../tools/run/templates.ts';

test("given the code of all systems, when the console's model is made, then it is the one in docs (else: ./run docs)", async () => {
  expect(await models()).toBe(await readFile(join(root, 'docs/systems/model.json'), 'utf8'));
});

describe.each(await systems())('%s', (system) => {
  test('given its code, when its page is written, then it is the one in docs (else: ./run docs)', async () => {
    expect(await page(system)).toBe(await readFile(join(root, 'docs/systems', `${system}.md`), 'utf8'));
  });

  test('given its contract, when the tests are looked through, then every scenario is shown by one, or it is said where', async () => {
    const { scenarios, elsewhere } = await contractOf(system);
    const tests = await shown(system);
    const numbers = Array.from({ length: scenarios }, (_, index) => index + 1);
    expect(numbers.filter((number) => !tests.has(number) && !elsewhere[number])).toEqual([]);
    expect([...tests.keys()].filter((number) => number > scenarios)).toEqual([]);
  });
});
