import { z } from 'zod';
import { pick, type Random } from './http-attacks.ts';
import { STRANGE_NUMBERS } from './terrain.ts';

/** Generators of hostile messages. Pure: the same random source gives the same message. */

export interface EventAttack {
  readonly kind: string;
  readonly about: string;
  readonly bytes: Buffer;
}

/** An event type as a service declares it in its contract.ts. */
export interface Declared {
  readonly type: string;
  readonly schema: z.ZodType;
}

/** The largest message a broker takes: Kafka's limit is 1,048,576 bytes with its own framing, Redis has none here. */
export const LARGEST = { light: 3_000_000, full: 1_048_288 } as const;

/** By its source an event of the attacker is told from one of the system. */
export const SOURCE = 'hostile';

export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

/** A value that a schema takes; its numbers belong to nobody. */
export function sample(random: Random, schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return pick(random, schema.enum);
  if (schema.anyOf) return sample(random, pick(random, schema.anyOf));
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [name, sample(random, property)]),
      );
    case 'array':
      return schema.items ? [sample(random, schema.items)] : [];
    case 'integer':
    case 'number':
      return Number(pick(random, STRANGE_NUMBERS));
    case 'boolean':
      return random() < 0.5;
    case 'null':
      return null;
    default:
      return 'mallory';
  }
}

const schemaOf = ({ schema }: Declared): JsonSchema =>
  z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as JsonSchema;

const STRANGE_IDS: readonly unknown[] = [
  'x||y',
  '',
  ' ',
  'a/b/c',
  '..',
  'x'.repeat(300),
  'x'.repeat(100_000),
  1,
  null,
  {},
  '\ud800',
  '수강',
  'p/-1.0',
  'p/1.0#0',
];
const WRONG: readonly unknown[] = [null, 999999, 'text', [], {}, true, '0x10', 'null', 9007199254740991, -1];

type Event = Record<string, unknown>;
type Generator = (random: Random, event: Event, largest: number) => Buffer | string;

const json = (event: Event): string => JSON.stringify(event);
const padded = (event: Event, size: number, data: Event): string => {
  const spare = size - Buffer.byteLength(json({ ...event, data: { ...data, padding: '' } }));
  return json({ ...event, data: { ...data, padding: 'x'.repeat(Math.max(0, spare)) } });
};
const dataOf = (event: Event): Event => event.data as Event;

const shapes: Readonly<Record<string, Generator>> = {
  'no JSON': (random) =>
    pick(random, ['hello', '123', '{', 'null', '[]', '"text"', '<xml/>', '\ufeff{}', '{}'.repeat(1000)]),
  empty: () => '',
  'raw bytes': () => Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc0]),
  'strange id': (random, event) => json({ ...event, id: pick(random, STRANGE_IDS) }),
  'strange id, unreadable': (random, event) => json({ ...event, id: pick(random, STRANGE_IDS), data: 'none' }),
  'no id': (_, { id: _id, ...event }) => json(event),
  'unknown type': (random, event) =>
    json({ ...event, type: pick(random, ['Nothing', '', '__proto__', 'constructor', 'x'.repeat(5_000)]) }),
  'type is no text': (random, event) => json({ ...event, type: pick(random, WRONG) }),
  'strange records': (_, event) => json(event),
  'wrong value': (random, event) => {
    const names = Object.keys(dataOf(event));
    return json({
      ...event,
      data: { ...dataOf(event), [names.length ? pick(random, names) : 'x']: pick(random, WRONG) },
    });
  },
  'no data': (random, event) => json({ ...event, data: pick(random, WRONG) }),
  'wrong envelope': (random, event) =>
    json({
      ...event,
      [pick(random, [
        'time',
        'subject',
        'aggregateversion',
        'specversion',
        'source',
        'datacontenttype',
        'causationid',
      ])]: pick(random, WRONG),
    }),
  'wrong trace': (random, event) =>
    json({ ...event, [pick(random, ['traceparent', 'tracestate'])]: pick(random, WRONG) }),
  'strange version': (random, event) =>
    json({ ...event, aggregateversion: pick(random, [-1, 9007199254740991, '0x10', 1.5, 'null']) }),
  expired: (_, event) => json({ ...event, expiration: '2001-01-01T00:00:00Z' }),
  'future time': (_, event) => json({ ...event, time: '9999-12-31T23:59:59Z' }),
  'deep data': (_, event) =>
    json({ ...event, data: 0 }).replace('"data":0', `"data":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
  prototype: (_, event) => json(event).replace('{', '{"__proto__":{"type":"x"},'),
  large: (random, event, largest) => padded(event, pick(random, [100_000, largest / 2, largest]), dataOf(event)),
  'large, unreadable': (random, event, largest) => padded(event, pick(random, [70_000, largest / 2, largest]), {}),
};

/**
 * A message for the topic.
 * @param number makes its id one that no other message has, where the attack is not on the id
 */
export function eventAttack(
  random: Random,
  declared: readonly Declared[],
  { system, largest, number }: { system: string; largest: number; number: string },
): EventAttack {
  const chosen = pick(random, declared);
  const event: Event = {
    id: `hostile/${number}`,
    specversion: '1.0',
    source: SOURCE,
    type: chosen.type,
    subject: `hostile-${number}`,
    time: '2026-11-26T00:00:00.000Z',
    datacontenttype: 'application/json',
    topic: system,
    aggregateversion: 1,
    data: sample(random, schemaOf(chosen)),
  };
  const [kind, shape] = pick(random, Object.entries(shapes));
  const made = shape(random, event, largest);
  const bytes = typeof made === 'string' ? Buffer.from(made) : made;
  return { kind: `event: ${kind}`, about: `${bytes.length} bytes: ${bytes.subarray(0, 160).toString()}`, bytes };
}
