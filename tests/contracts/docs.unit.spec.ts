import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { consumed, contractOf, published } from '../../tools/docs/declared.ts';
import { documentOf } from '../../tools/docs/documents.ts';
import { filesOf, models } from '../../tools/docs/main.ts';
import { routesOf } from '../../tools/docs/routes.ts';
import { testsByScenario } from '../../tools/docs/scenarios.ts';
import { textWidth } from '../../tools/docs/svg.ts';
import { readTemplate, systems } from '../../tools/run/infrastructure/templates.ts';
import { root } from '../../tools/run/paths.ts';

/** The literal values and field names of a schema. */
function namesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const {
    properties = {},
    const: literal,
    enum: literals = [],
  } = schema as {
    properties?: object;
    const?: unknown;
    enum?: unknown[];
  };
  const words = [literal, ...literals].filter((word): word is string => typeof word === 'string');
  return [...Object.keys(properties), ...words, ...Object.values(schema).flatMap(namesOf)];
}

test('given the code of all systems, when the model of the console is made, then it is the one in docs (else: ./run docs)', async () => {
  expect(await models()).toBe(await readFile(join(root, 'docs/systems/model.json'), 'utf8'));
});

describe.each(await systems())('%s', (system) => {
  test('given its code, when its page and pictures are written, then they are those in docs (else: ./run docs)', async () => {
    for (const [name, content] of await filesOf(system))
      expect([name, content]).toEqual([name, await readFile(join(root, 'docs/systems', name), 'utf8')]);
  });

  test('given its contract, when the tests are looked through, then each scenario has one, or a reason', async () => {
    const { scenarios } = await documentOf(system);
    const { elsewhere } = await contractOf(system);
    const tests = await testsByScenario(system);
    const numbers = [...scenarios.keys()];
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers.filter((number) => !tests.has(number) && !elsewhere[number])).toEqual([]);
    expect([...tests.keys(), ...Object.keys(elsewhere).map(Number)].filter((number) => !scenarios.has(number))).toEqual(
      [],
    );
  });

  test('given its events, when the contract is read, then it names each, with its fields and literals', async () => {
    const { events, text } = await documentOf(system);
    const declared = await published(system);
    expect(declared.map(({ service, type }) => `${service} ${type}`).sort()).toEqual(events);
    for (const { type, schema } of declared) {
      // Fields of the envelope are described once for all systems.
      const unsaid = namesOf(z.toJSONSchema(schema, { io: 'output' })).filter(
        (name) => !text.includes(`\`${name}\``) && !['id', 'timestamp', 'cause', 'fingerprint'].includes(name),
      );
      expect([type, unsaid]).toEqual([type, []]);
    }
    expect((await consumed(system)).filter(({ type }) => !text.includes(`\`${type}\``))).toEqual([]);
  });

  test('given its routes, when the contract is read, then it names every collection and every search', async () => {
    const { text } = await documentOf(system);
    const names = (await readTemplate(system)).map(({ appId }) => appId.slice(system.length + 1));
    const routes = await routesOf(
      system,
      names.filter((name) => name !== 'gateway'),
    );
    const parts = routes.flatMap(({ path, isPublic }) => {
      const [collection = '', search] = path.replace(/\/:\w+.*$/, '').split('/search/');
      return isPublic ? [collection, ...(search ? [search] : [])] : [];
    });
    expect([...new Set(parts)].filter((part) => !text.includes(part))).toEqual([]);
  });

  test('given its pictures, when their texts are measured, then none reaches beyond its box or the picture', async () => {
    for (const [name, svg] of (await filesOf(system)).filter(([name]) => name.endsWith('.svg'))) {
      const boxes = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map(
        ([, ...numbers]) => numbers.map(Number) as [number, number, number, number],
      );
      const texts = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" font-size="(\d+)"[^>]*?>([^<]*)</g)];
      const beyond = texts.filter(([whole, atX, atY, size, text = '']) => {
        const [x, y] = [Number(atX), Number(atY)];
        const around = boxes.filter(
          ([left, top, width, height]) => x > left && x < left + width && y > top && y <= top + height,
        );
        const right = Math.min(...around.map(([left, , width]) => left + width), 1_320);
        const wide = textWidth(text, Number(size)) * (whole?.includes('bold') ? 1.14 : 1);
        return !whole?.includes('middle') && x + wide > right;
      });
      expect([name, texts.length > 10, beyond.map(([whole]) => whole)]).toEqual([name, true, []]);
    }
  });
});
