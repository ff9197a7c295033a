import type { BrokerKind, Message } from './broker.ts';
import type { Answered } from './inject.ts';
import { asObject, parsed } from './json.ts';
import type { KnownSidecar, Subscription, Surroundings } from './parts.ts';

/** What one delivery brings. */
export interface Delivery {
  /** The app's only topic where nothing is said. */
  readonly topic?: string;
  /** Chooses from what waits, in any order, also one several times; the first batch where nothing is said. */
  readonly choose?: (waiting: readonly Message[]) => readonly Message[];
  /** Messages of the batch at most; that of the subscription where nothing is said. */
  readonly max?: number;
  /** To which replica; the first that is up where nothing is said. */
  readonly replica?: KnownSidecar;
  /** The app does its work, and its answer is lost: everything comes again. */
  readonly loseAnswer?: boolean;
}

/** What came of a delivery. */
export interface Delivered {
  readonly batch: readonly Message[];
  /** Those that will not come again. */
  readonly done: readonly Message[];
  /** Those that will. */
  readonly again: readonly Message[];
  /** The app's HTTP status; undefined where it did not answer. */
  readonly status: number | undefined;
}

/** Delivers a batch to an app in the shape of Dapr's bulk subscription, and acknowledges what the app says is done. */
export async function deliver(backend: Surroundings, appId: string, delivery: Delivery): Promise<Delivered> {
  const replica = delivery.replica ?? backend.sidecars(appId).find(({ app }) => app);
  const subscription = replica?.subscriptions.find(({ topic }) => !delivery.topic || topic === delivery.topic);
  if (!replica || !subscription) throw new Error(`${appId} has no replica that is up and subscribed`);
  const { topic } = subscription;
  const waiting = backend.broker.waiting(topic, appId);
  const max = delivery.max ?? subscription.bulk?.max ?? 1;
  const batch = delivery.choose ? delivery.choose(waiting) : firstOf(waiting, max);
  if (batch.length === 0) return { batch, done: [], again: [], status: undefined };

  const entryIds = batch.map((message, index) => `${message.partition}-${message.offset}-${index}`);
  const entries = batch.map((message, index) =>
    entryOf(message, entryIds[index]!, topic, subscription.raw, backend.broker.kind),
  );
  const readable = entries.filter((entry) => entry !== undefined);
  const answer = await bring(replica, subscription, readable);
  const finished =
    !answer || delivery.loseAnswer ? new Set<string>() : finishedOf(answer.status, answer.body, readable);
  // What is no JSON never gets to an app that wants CloudEvents: Redis loses it, on Kafka it comes again for ever.
  const lost = backend.broker.kind === 'redis';
  const done = batch.filter((_, index) => (entries[index] ? finished.has(entryIds[index]!) : lost));
  backend.broker.acknowledge(topic, appId, done);
  return { batch, done, again: batch.filter((message) => !done.includes(message)), status: answer?.status };
}

/** Undefined: the app did not answer, or there was nothing to bring. */
async function bring(
  replica: KnownSidecar,
  { topic, pubsub, route }: Subscription,
  entries: readonly Entry[],
): Promise<Answered | undefined> {
  if (entries.length === 0) return undefined;
  const body = {
    entries,
    id: `bulk-${topic}-${entries[0]?.entryId}`,
    metadata: { pubsubName: pubsub },
    pubsubname: pubsub,
    topic,
    type: 'com.dapr.event.sent.bulk',
  };
  const headers = { 'content-type': 'application/json', pubsubname: pubsub };
  return replica.toApp({ method: 'POST', path: route, headers, body: JSON.stringify(body) }).catch(() => undefined);
}

/** A batch comes from one partition. */
function firstOf(waiting: readonly Message[], max: number): readonly Message[] {
  return waiting.filter(({ partition }) => partition === waiting[0]?.partition).slice(0, max);
}

interface Entry {
  readonly entryId: string;
  readonly event: unknown;
  readonly contentType: string;
  readonly metadata: Record<string, string>;
}

/** Undefined: the app wants CloudEvents, and this is none. */
function entryOf(
  message: Message,
  entryId: string,
  topic: string,
  raw: boolean,
  broker: BrokerKind,
): Entry | undefined {
  const { data, key, offset, partition } = message;
  const place = {
    ...(key === undefined ? {} : { __key: key }),
    __offset: String(offset),
    __partition: String(partition),
    __timestamp: '0',
    __topic: topic,
  };
  const metadata = { ...(broker === 'kafka' ? place : {}), ...message.metadata };
  if (raw) return { entryId, event: data.toString('base64'), contentType: 'application/octet-stream', metadata };
  const event = asObject(parsed(data.toString()));
  return event && { entryId, event, contentType: 'application/cloudevents+json', metadata };
}

/** The entries that daprd takes for done. */
function finishedOf(status: number, body: Buffer, entries: readonly Entry[]): Set<string> {
  if (status === 404) return new Set(entries.map(({ entryId }) => entryId));
  if (status < 200 || status > 299) return new Set();
  const statuses = asObject(parsed(body.toString()))?.statuses;
  if (!Array.isArray(statuses)) return new Set();
  return new Set(
    statuses.flatMap((one) => {
      const { entryId, status: outcome } = asObject(one) ?? {};
      return outcome === 'SUCCESS' || outcome === 'DROP' ? [String(entryId)] : [];
    }),
  );
}
