import { z } from 'zod';
import { consumed, noticed, published } from './declared.ts';

/** Whoever acts on an event finds in it what he needs; whoever tells one is heard. */

interface Shape {
  readonly properties: Record<string, unknown>;
  readonly required?: readonly string[];
}
const shapeOf = (schema: z.ZodType): Shape => z.toJSONSchema(schema, { io: 'output' }) as unknown as Shape;

test('every event is declared by one service alone', async () => {
  const types = (await published()).map(({ type }) => type);
  expect(types.sort()).toEqual([...new Set(types)].sort());
});

test('the events are those of the domain contract, under its names', async () => {
  const declared = (await published()).map(({ service, type }) => `${service} ${type}`);
  expect(declared.sort()).toEqual([
    'class ClassCanceled',
    'class ClassModified',
    'class ClassRegistered',
    'course CourseDeleted',
    'course CourseModified',
    'course CourseRegistered',
    'course TextbookDeliveried',
    'gift GiftCanceled',
    'gift GiftRegistered',
    'pay PaymentApproved',
    'pay PaymentCanceled',
    'point PointCanceled',
    'point PointRegistered',
  ]);
});

test('every field a policy or view relies on is one its publisher always sends, in the same form', async () => {
  const publishers = new Map((await published()).map((event) => [event.type, shapeOf(event.schema)]));
  const missing = (await consumed()).flatMap(({ service, type, schema }) => {
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

test('every published event has a consumer, or alert as its outlet', async () => {
  const heard = new Set([...(await consumed()).map(({ type }) => type), ...(await noticed())]);
  expect((await published()).map(({ type }) => type).filter((type) => !heard.has(type))).toEqual([]);
});

test('every event alert shall tell of is published by somebody', async () => {
  const types = (await published()).map(({ type }) => type);
  expect((await noticed()).filter((type) => !types.includes(type))).toEqual([]);
});

test('alert tells of every change of an enrolment and of a delivery', async () => {
  expect(await noticed()).toEqual(
    expect.arrayContaining(['ClassRegistered', 'ClassModified', 'ClassCanceled', 'TextbookDeliveried']),
  );
});
