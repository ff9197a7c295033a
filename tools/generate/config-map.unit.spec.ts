import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { keysOf } from '../run/infrastructure/configuration-keys.ts';
import { systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { configMapOf } from './config-map.ts';

const key = (value: string, about: string) => ({ value, about, rule: {} });

test('given keys with values and sentences, when the ConfigMap is made, then it has both, and each key once', () => {
  const shared = ['ADDRESS', key('library-deposit', 'Where deposit is.')] as const;
  const text = configMapOf('library', [shared, ['alarm.prefix', key('say "hi"', 'What comes first.')], shared]);
  expect(parse(text)).toMatchObject({
    metadata: { name: 'library-config' },
    data: { ADDRESS: 'library-deposit', 'alarm.prefix': 'say "hi"' },
  });
  expect(text).toContain('  # What comes first.\n  alarm.prefix:');
});

test('given two services that say different things of one key, when the ConfigMap is made, then a sentence names it', () => {
  const twice = [key('1', 'One.'), key('2', 'One.')].map((one) => ['LIMIT', one] as const);
  expect(() => configMapOf('library', twice)).toThrow('LIMIT is declared in two ways');
});

const all = await Promise.all((await systems()).map(async (system) => [system, await keysOf(system)] as const));

test.each(all)(
  'given the keys of %s, when their values are read by those who declare them, then they are taken',
  (_, services) => {
    for (const keys of services.values())
      for (const [name, { value, rule }] of keys) {
        const taken =
          rule instanceof z.ZodType
            ? rule.safeParse(value).success
            : new RegExp(String(rule.pattern ?? '')).test(value);
        expect([name, value, taken]).toEqual([name, value, true]);
      }
  },
);

test('given alert, which is written in Python, when its keys are read, then they are those of its configuration.json', async () => {
  const text = await readFile(join(root, 'services/lecture/alert/settings.py'), 'utf8');
  const keys = [...(/^KEYS = \((.*)\)$/m.exec(text)?.[1] ?? '').matchAll(/"(\w+)"/g)].map(([, one]) => one);
  expect(keys).toEqual([...(new Map(all).get('lecture')?.get('alert')?.keys() ?? [])]);
});
