import type { SidecarAnswer } from '../dapr/transport.ts';
import { detailedFailure, empty, failure, json } from './answers.ts';
import { LARGEST_KAFKA_MESSAGE } from './broker.ts';
import { asObject, parsed, throughSidecar } from './json.ts';
import type { Call, MemorySidecar } from './sidecar.ts';

const CLOUD_EVENT = /^application\/cloudevents\+json/i;

interface Entry {
  readonly entryId: string;
  readonly data: Buffer;
  readonly contentType: string | undefined;
  readonly key: string | undefined;
}

/** `/v1.0/publish/...` */
export function publish(
  sidecar: MemorySidecar,
  call: Call,
  rest: readonly string[],
  query: URLSearchParams,
): SidecarAnswer {
  const bulk = rest[0] === 'bulk';
  const [pubsub = '', ...topics] = bulk ? rest.slice(1) : rest;
  const topic = topics.join('/');
  if (pubsub !== `${sidecar.system}-pubsub`)
    return detailedFailure(404, 'ERR_PUBSUB_NOT_FOUND', `pubsub ${pubsub} is not found`, []);
  const metadata = metadataOf(query);
  return bulk
    ? publishBulk(sidecar, call, pubsub, topic, metadata)
    : publishOne(sidecar, call, pubsub, topic, metadata);
}

const metadataOf = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...query].flatMap(([name, value]) => (name.startsWith('metadata.') ? [[name.slice(9), value]] : [])),
  );

const keyOf = (metadata: Record<string, unknown>): string | undefined => {
  const key = metadata.partitionKey ?? metadata.__key;
  return typeof key === 'string' ? key : undefined;
};

function publishOne(
  sidecar: MemorySidecar,
  call: Call,
  pubsub: string,
  topic: string,
  metadata: Record<string, string>,
): SidecarAnswer {
  const contentType = header(call, 'content-type');
  const body = parsed(call.body);
  let data: Buffer = Buffer.from(call.body);
  if (metadata.rawPayload !== 'true') {
    if (contentType && CLOUD_EVENT.test(contentType) && !asObject(body)) return noCloudEvent();
    data = envelope(sidecar, pubsub, topic, contentType, contentType?.includes('json') ? body : call.body);
  }
  const why = refusal(sidecar, data);
  if (why)
    return detailedFailure(
      500,
      'ERR_PUBSUB_PUBLISH_MESSAGE',
      `error when publishing to topic ${topic} in pubsub ${pubsub}: ${why}`,
      [],
    );
  sidecar.backend.broker.append(topic, { key: keyOf(metadata), contentType, data });
  return empty();
}

function publishBulk(
  sidecar: MemorySidecar,
  call: Call,
  pubsub: string,
  topic: string,
  metadata: Record<string, string>,
): SidecarAnswer {
  const body = parsed(call.body);
  if (!Array.isArray(body))
    return detailedFailure(
      400,
      'ERR_PUBSUB_EVENTS_SER',
      `error when unmarshaling the request for topic ${topic} pubsub ${pubsub}: json: cannot unmarshal`,
      [],
    );
  const entries: Entry[] = [];
  for (const one of body) {
    const { entryId, event, contentType, metadata: own } = asObject(one) ?? {};
    if (typeof entryId !== 'string' || entryId === '' || entries.some((entry) => entry.entryId === entryId))
      return detailedFailure(
        400,
        'ERR_PUBSUB_EVENTS_SER',
        `error marshaling events to bytes for topic ${topic} pubsub ${pubsub}. error: entryId is duplicated or not present for entry`,
        [],
      );
    const type = typeof contentType === 'string' ? contentType : undefined;
    if (type && CLOUD_EVENT.test(type) && !asObject(event)) return noCloudEvent();
    const data =
      metadata.rawPayload === 'true'
        ? Buffer.from(typeof event === 'string' ? event : throughSidecar(event))
        : envelope(sidecar, pubsub, topic, type, event);
    entries.push({ entryId, data, contentType: type, key: keyOf({ ...metadata, ...asObject(own) }) });
  }
  return append(sidecar, topic, entries);
}

function append(sidecar: MemorySidecar, topic: string, entries: readonly Entry[]): SidecarAnswer {
  const failedEntries: { entryId: string; error: string }[] = [];
  for (const { entryId, data, contentType, key } of entries) {
    const why = refusal(sidecar, data);
    if (why) failedEntries.push({ entryId, error: why });
    else sidecar.backend.broker.append(topic, { key, contentType, data });
  }
  if (failedEntries.length === 0) return empty();
  return json(500, { failedEntries, errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE' });
}

/** What daprd makes of what is published: a CloudEvent, with the attributes that are its own. */
function envelope(
  sidecar: MemorySidecar,
  pubsub: string,
  topic: string,
  contentType: string | undefined,
  content: unknown,
): Buffer {
  const time = new Date(sidecar.backend.now()).toISOString().replace(/\.\d+Z/, 'Z');
  if (contentType && CLOUD_EVENT.test(contentType)) {
    const own = asObject(content) ?? {};
    const trace = 'traceid' in own ? {} : { traceid: '', traceparent: '' };
    const event = {
      ...own,
      time: own.time ?? time,
      ...trace,
      tracestate: own.tracestate ?? '',
      topic,
      pubsubname: pubsub,
      source: own.source ?? 'Dapr',
      type: own.type ?? 'com.dapr.event.sent',
      specversion: own.specversion ?? '1.0',
    };
    return Buffer.from(throughSidecar(event));
  }
  const id = `memory-${sidecar.backend.broker.messages(topic).length}`;
  const event = {
    id,
    specversion: '1.0',
    datacontenttype: contentType ?? 'text/plain',
    source: sidecar.appId,
    type: 'com.dapr.event.sent',
    topic,
    pubsubname: pubsub,
    traceid: '',
    traceparent: '',
    tracestate: '',
    time,
    data: content,
  };
  return Buffer.from(throughSidecar(event));
}

/** Why the broker does not take a message. */
function refusal(sidecar: MemorySidecar, data: Buffer): string | undefined {
  if (sidecar.backend.broker.kind === 'kafka' && data.length > LARGEST_KAFKA_MESSAGE)
    return 'kafka: invalid configuration (Attempt to produce message larger than configured Producer.MaxMessageBytes)';
  return undefined;
}

const noCloudEvent = (): SidecarAnswer => failure(500, 'ERR_PUBSUB_CLOUD_EVENTS_SER', 'cannot create cloudevent');

const header = (call: Call, wanted: string): string | undefined => {
  const value = Object.entries(call.headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
  return typeof value === 'string' ? value : value?.[0];
};
