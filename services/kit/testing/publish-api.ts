import type { SidecarAnswer } from '../dapr/transport.ts';
import { detailed, empty, json } from './answers.ts';
import { tooLargeForKafka } from './broker.ts';
import { asObject, kindOf, parsed, throughSidecar, whyNoJson } from './json.ts';
import type { Call, KnownSidecar } from './parts.ts';

const CLOUD_EVENT = /^application\/cloudevents\+json/i;

/** A publication under way. */
interface At {
  readonly sidecar: KnownSidecar;
  readonly pubsub: string;
  readonly topic: string;
  /** Of the query. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly entryId: string;
  readonly data: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

/** `/v1.0/publish/...`; `unreadable` says why the body could not be read. */
export function publish(
  sidecar: KnownSidecar,
  call: Call,
  rest: readonly string[],
  query: URLSearchParams,
  unreadable: string | undefined,
): SidecarAnswer {
  const bulk = rest[0] === 'bulk';
  const [pubsub = '', ...topics] = bulk ? rest.slice(1) : rest;
  const topic = topics.join('/');
  if (pubsub !== `${sidecar.system}-pubsub`)
    return detailed(404, 'ERR_PUBSUB_NOT_FOUND', `pubsub ${pubsub} is not found`, {
      reason: 'DAPR_PUBSUB_NOT_FOUND',
      metadata: {},
    });
  const metadata = Object.fromEntries(
    [...query].flatMap(([name, value]) => (name.startsWith('metadata.') ? [[name.slice(9), value]] : [])),
  );
  const at = { sidecar, pubsub, topic, metadata };
  return bulk ? publishBulk(at, call, unreadable) : publishOne(at, call, unreadable);
}

/** An error about the pub/sub component. */
const refused = (
  at: At,
  status: number,
  code: string,
  message: string,
  reason: string,
  metadata: Record<string, string>,
): SidecarAnswer =>
  detailed(status, code, message, {
    reason,
    metadata,
    resource: { name: at.pubsub, type: 'pubsub', description: message },
  });

function publishOne(at: At, call: Call, unreadable: string | undefined): SidecarAnswer {
  const contentType = header(call, 'content-type') ?? 'text/plain';
  if (unreadable) return notPublished(at, unreadable);
  const content = contentType.includes('json') ? parsed(call.body) : call.body;
  if (at.metadata.rawPayload !== 'true' && CLOUD_EVENT.test(contentType) && !asObject(content))
    return noCloudEvent(at, content);
  const data = at.metadata.rawPayload === 'true' ? Buffer.from(call.body) : envelope(at, contentType, content);
  const why = refusal(at, data, at.metadata);
  if (why) return notPublished(at, why);
  at.sidecar.backend.broker.append(at.topic, { metadata: at.metadata, data });
  return empty();
}

const notPublished = (at: At, error: string): SidecarAnswer =>
  refused(
    at,
    500,
    'ERR_PUBSUB_PUBLISH_MESSAGE',
    `error when publishing to topic ${at.topic} in pubsub ${at.pubsub}: ${error}`,
    'DAPR_PUBSUB_PUBLISH_MESSAGE',
    { topic: at.topic, error },
  );

function publishBulk(at: At, call: Call, unreadable: string | undefined): SidecarAnswer {
  const read = entriesOf(at, call, unreadable);
  if (!Array.isArray(read)) return read;
  const failedEntries: { entryId: string; error: string }[] = [];
  for (const { entryId, data, metadata } of read) {
    const error = refusal(at, data, metadata);
    if (error) failedEntries.push({ entryId, error });
    else at.sidecar.backend.broker.append(at.topic, { metadata, data });
  }
  if (failedEntries.length === 0) return empty();
  return json(500, { failedEntries, errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE' });
}

function entriesOf(at: At, call: Call, unreadable: string | undefined): Entry[] | SidecarAnswer {
  const { topic, pubsub, sidecar } = at;
  const unmarshal = (why: string): SidecarAnswer =>
    refused(
      at,
      400,
      'ERR_PUBSUB_EVENTS_SER',
      `error when unmarshaling the request for topic ${topic} pubsub ${pubsub}: ${why}`,
      'DAPR_PUBSUB_UNMARSHAL_EVENTS',
      { appID: sidecar.appId },
    );
  const body = unreadable ? undefined : parsed(call.body);
  if (body === undefined) return unmarshal(unreadable ?? whyNoJson(call.body));
  if (!Array.isArray(body))
    return unmarshal(`json: cannot unmarshal ${kindOf(body)} into Go value of type []http.bulkPublishMessageEntry`);
  const all = body.map((one) => asObject(one) ?? {});
  const odd = all
    .flatMap(({ metadata }) => Object.values(asObject(metadata) ?? {}))
    .find((value) => typeof value !== 'string');
  if (odd !== undefined)
    return unmarshal(
      `json: cannot unmarshal ${kindOf(odd)} into Go struct field bulkPublishMessageEntry.metadata of type string`,
    );
  const entries: Entry[] = [];
  for (const { entryId, event, contentType, metadata: own } of all) {
    if (typeof entryId !== 'string' || entryId === '' || entries.some((entry) => entry.entryId === entryId)) {
      return notMarshaled(at, 'entryId is duplicated or not present for entry');
    }
    const type = typeof contentType === 'string' ? contentType : '';
    const raw = at.metadata.rawPayload === 'true';
    if (!raw && CLOUD_EVENT.test(type) && !asObject(event)) return noCloudEvent(at, event);
    if (/^text\//i.test(type) && typeof event !== 'string')
      return notMarshaled(at, 'error: mismatch between contentType and event');
    const data = raw
      ? Buffer.from(/^text\//i.test(type) ? String(event) : throughSidecar(event))
      : envelope(at, type, event);
    // Metadata of the request reach only entries that have some of their own.
    const metadata = asObject(own) ? { ...at.metadata, ...(own as Record<string, string>) } : {};
    entries.push({ entryId, data, metadata });
  }
  return entries;
}

function notMarshaled(at: At, error: string): SidecarAnswer {
  const message = `error marshaling events to bytes for topic ${at.topic} pubsub ${at.pubsub}. error: ${error}`;
  const metadata = { appID: at.sidecar.appId, error };
  return refused(at, 400, 'ERR_PUBSUB_EVENTS_SER', message, 'DAPR_PUBSUB_MARSHAL_EVENTS', metadata);
}

/** What daprd makes of what is published: a CloudEvent, with the attributes that are its own. */
function envelope(at: At, contentType: string, content: unknown): Buffer {
  const { sidecar, topic, pubsub } = at;
  const time = new Date(sidecar.backend.now()).toISOString().replace(/\.\d+Z/, 'Z');
  const trace = { traceid: NO_TRACE, traceparent: NO_TRACE };
  if (CLOUD_EVENT.test(contentType)) {
    const own = asObject(content) ?? {};
    const event = {
      time,
      tracestate: '',
      ...own,
      ...('traceid' in own ? {} : trace),
      topic,
      pubsubname: pubsub,
      source: own.source ?? 'Dapr',
      type: own.type ?? 'com.dapr.event.sent',
      specversion: own.specversion ?? '1.0',
    };
    return Buffer.from(throughSidecar(event));
  }
  const event = {
    id: `memory-${sidecar.backend.broker.messages(topic).length}`,
    specversion: '1.0',
    datacontenttype: contentType || 'text/plain',
    source: sidecar.appId,
    type: 'com.dapr.event.sent',
    topic,
    pubsubname: pubsub,
    ...trace,
    tracestate: '',
    time,
    data: content,
  };
  return Buffer.from(throughSidecar(event));
}

const NO_TRACE = '00-00000000000000000000000000000000-0000000000000000-00';

/** Why the broker does not take a message. */
function refusal(at: At, data: Buffer, metadata: Readonly<Record<string, string>>): string | undefined {
  return at.sidecar.backend.broker.kind === 'kafka' ? tooLargeForKafka(data, metadata) : undefined;
}

const noCloudEvent = (at: At, content: unknown): SidecarAnswer =>
  refused(at, 500, 'ERR_PUBSUB_CLOUD_EVENTS_SER', 'cannot create cloudevent', 'DAPR_PUBSUB_CLOUD_EVENT_CREATION', {
    appID: at.sidecar.appId,
    error: `json: cannot unmarshal ${kindOf(content)} into Go value of type map[string]interface {}`,
  });

const header = (call: Call, wanted: string): string | undefined => {
  const value = Object.entries(call.headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
  return typeof value === 'string' ? value : value?.[0];
};
