import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { consumed, contractOf, published } from '../../tools/docs/declared.ts';
import { noticed } from '../../tools/docs/notices.ts';
import { root } from '../harness/system.ts';

/** A consumer finds in an event every field it needs, and every published event has a consumer. */

interface Field {
  readonly type?: string;
  readonly minimum?: number;
  readonly maxLength?: number;
  readonly anyOf?: readonly Field[];
}
interface Shape {
  readonly properties: Record<string, Field>;
  readonly required?: readonly string[];
}
const shapeOf = (schema: z.ZodType): Shape => z.toJSONSchema(schema, { io: 'output' }) as unknown as Shape;

/** Numbers that bodies of clients have, unchecked: an event may have what a body may have. */
const FROM_CLIENTS = [
  'courseId',
  'customerId',
  'studentId',
  'productId',
  'GiftRegistered.classId',
  'GiftCanceled.classId',
];

/** What of a field nobody bounds: the number of a record below 1, a number without an end, a text of any length. */
function unbounded(name: string, { type, minimum, maxLength, anyOf = [], ...rest }: Field): string[] {
  const isNumber = type === 'integer' || type === 'number';
  const isFree = isNumber
    ? minimum === undefined || (/(^i|I)d$/.test(name) && minimum < 1)
    : type === 'string' && maxLength === undefined && !('enum' in rest) && !('const' in rest);
  return isFree ? [name] : anyOf.flatMap((field) => unbounded(name, field));
}

const systems = readdirSync(join(root, 'dapr')).flatMap((file) => /^(\w+)\.yaml$/.exec(file)?.[1] ?? []);

describe.each(systems.filter((name) => name !== 'configuration'))('%s', (system) => {
  test('every event is declared by one service alone', async () => {
    const types = (await published(system)).map(({ type }) => type);
    expect(types.sort()).toEqual([...new Set(types)].sort());
  });

  test('every field a policy or view relies on is one its publisher always sends, in the same form', async () => {
    const publishers = new Map((await published(system)).map((event) => [event.type, shapeOf(event.schema)]));
    const missing = (await consumed(system)).flatMap(({ service, type, schema }) => {
      const publisher = publishers.get(type);
      if (!publisher) return [`nobody publishes ${type}, on which ${service} acts`];
      const wanted = shapeOf(schema);
      return (wanted.required ?? [])
        .filter(
          (field) =>
            !publisher.required?.includes(field) ||
            JSON.stringify(publisher.properties[field]) !== JSON.stringify(wanted.properties[field]),
        )
        .map((field) => `${type}.${field}, on which ${service} relies`);
    });
    expect(missing).toEqual([]);
  });

  test('given an event from anybody, when it is read, then its numbers and texts have the bounds of the bodies', async () => {
    const free = (await published(system)).flatMap(({ type, schema }) =>
      Object.entries(shapeOf(schema).properties).flatMap(([name, field]) =>
        FROM_CLIENTS.includes(name) || FROM_CLIENTS.includes(`${type}.${name}`) || name === 'cancellation'
          ? []
          : unbounded(name, field).map((which) => `${type}.${which}`),
      ),
    );
    expect(free).toEqual([]);
  });

  test('every published event has a consumer, or an outlet that tools/docs/contracts names', async () => {
    const heard = new Set((await consumed(system)).map(({ type }) => type));
    const types = (await published(system)).map(({ type }) => type);
    const { outlets } = await contractOf(system);
    expect(types.filter((type) => !heard.has(type) && !outlets[type])).toEqual([]);
    expect(Object.keys(outlets).filter((type) => !types.includes(type))).toEqual([]);
  });
});

test('alert sends a notice of every change of an enrolment and of a delivery', async () => {
  expect(await noticed()).toEqual(
    expect.arrayContaining(['ClassRegistered', 'ClassModified', 'ClassCanceled', 'TextbookDeliveried']),
  );
});
