import type { Schema } from './schemas.ts';

type Json = Record<string, unknown>;

const TEXT: Schema = { type: 'string', minLength: 1 };
const MADE = { id: 7, version: 1_000, time: '2026-11-21T03:00:00.000Z', timestamp: '20261121120000' };
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Schemas that every document has: the envelope as it is read, as the kit writes it, and what it puts into the data. */
export const ENVELOPES: Record<string, Schema> = {
  CloudEvent: {
    type: 'object',
    description: 'CloudEvents 1.0 in JSON. Whoever reads it ignores attributes and fields that it does not know.',
    properties: {
      specversion: { const: '1.0' },
      id: { ...TEXT, description: 'The same whenever and by whomever it is published: an event takes effect once.' },
      source: { ...TEXT, description: 'App id of the service that published it.' },
      type: TEXT,
      subject: { type: 'string', description: 'Kind and number of the record it is about.' },
      time: { type: 'string', format: 'date-time' },
      datacontenttype: { const: 'application/json' },
      traceparent: { type: 'string', description: 'W3C Trace Context of the command that led to it.' },
      traceid: { type: 'string', description: 'The same, without which Dapr would write another.' },
      causationid: { type: 'string', description: 'Id of the event that it follows from.' },
      aggregateversion: { type: 'integer', description: 'Ascends with each event of a subject.' },
      data: { type: 'object' },
    },
    required: ['id', 'data'],
  },
  Written: {
    type: 'object',
    description: 'What is always there in an event of ours.',
    required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data'],
  },
  Data: {
    type: 'object',
    properties: {
      eventType: { type: 'string', description: 'The type once more, for who reads the data alone.' },
      timestamp: { type: 'string', pattern: '^\\d{14}$', description: 'yyyyMMddHHmmss in local time.' },
    },
  },
};

/** A message whose Kafka key keeps the events of a record in order. */
const KEY = {
  kafka: {
    key: { type: 'string', description: 'Partition key: the key of the record it is about, without its kind.' },
    bindingVersion: '0.5.0',
  },
};

/** One kind of event, as a document describes it. */
export interface Described {
  readonly type: string;
  readonly summary: string;
  /** Schema of its own fields. */
  readonly fields: Schema;
  readonly example: Json;
  readonly source: string;
  /** Kind of the record it is about. */
  readonly kind: string;
  readonly isSent: boolean;
  /** Whether the kit writes it: then `eventType` and `timestamp` are in the data. */
  readonly isOfKit: boolean;
}

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

function payloadOf({ type, isSent, isOfKit }: Described): Schema {
  const own = ref(type);
  const stamped: Schema = isSent
    ? { allOf: [ref('Data'), { required: ['eventType', 'timestamp'] }, own] }
    : { allOf: [ref('Data'), own] };
  const data = isOfKit ? stamped : own;
  const properties: NonNullable<Schema['properties']> = { type: { const: type }, data };
  return { allOf: [ref('CloudEvent'), ...(isSent ? [ref('Written')] : []), { type: 'object', properties }] };
}

function exampleOf({ type, kind, source, example, isOfKit }: Described): Json {
  const subject = `${kind}-${MADE.id}`;
  const stamp = isOfKit ? { eventType: type, timestamp: MADE.timestamp } : {};
  return {
    specversion: '1.0',
    id: `${source}/${subject}/1.0`,
    source,
    type,
    subject,
    time: MADE.time,
    datacontenttype: 'application/json',
    traceparent: TRACE,
    traceid: TRACE,
    ...(isOfKit ? { aggregateversion: MADE.version } : {}),
    data: { ...stamp, ...example },
  };
}

/** The message object of an event. */
export const messageOf = (event: Described): Json => ({
  name: event.type,
  title: event.type,
  summary: event.summary,
  contentType: 'application/cloudevents+json',
  payload: payloadOf(event),
  bindings: KEY,
  examples: [{ name: event.type, payload: exampleOf(event) }],
});

/** A topic, and what may be on it. */
export const channelOf = (address: string, description: string, types: readonly string[]): Json => ({
  address,
  description,
  messages: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
  bindings: { kafka: { topic: address, bindingVersion: '0.5.0' } },
});

/** What a service does with messages of a topic. */
export const operationOf = (
  action: 'send' | 'receive',
  topic: string,
  summary: string,
  types: readonly string[],
): Json => ({
  action,
  channel: { $ref: `#/channels/${topic}` },
  summary,
  messages: types.map((type) => ({ $ref: `#/channels/${topic}/messages/${type}` })),
});
