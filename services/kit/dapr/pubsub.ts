import { PublishRejected, Unavailable } from '../errors.ts';
import type { Ask } from './ask.ts';

/** An event on its way to the broker: a CloudEvent and the key that keeps its order. */
export interface Publication {
  readonly cloudEvent: { readonly id: string } & Record<string, unknown>;
  readonly partitionKey: string;
}

/** Why the broker did not take one event. */
export interface Refusal {
  readonly inner: string;
  /** Whether it will never take it: `yes` it is the event's fault, `no` the broker's, `maybe` nobody knows. */
  readonly forGood: 'yes' | 'no' | 'maybe';
}

/** Bytes of one event at most, as the broker gets it: Kafka takes 1 MB. */
export const LARGEST_PUBLICATION = 900_000;
/** Bytes of one request at most: the sidecar takes 4 MiB. */
export const LARGEST_BULK = 3 * 1024 * 1024;

/** What brokers, and the sidecar itself, say of an event they never take; the sidecar says it with a 500, too. */
const TOO_LARGE =
  /stream too large|message was too large|larger than configured|too big|record ?too ?large|message batch larger/i;
/** A broker that is away, restarting, full or being spared: it says nothing about the event. */
const AWAY =
  /connection|dial|EOF|time[d ]?-?out|deadline|leader|replicas|brokers|unavailable|circuit breaker|closed|broken pipe|reset|loading|readonly|read-only|oom command|misconf|no such host|canceled|busy|not coordinator|disk/i;

/** Bytes of a JSON text as the sidecar hands it to the broker: Go writes `<`, `>` and `&` as six characters. */
export function sizeOnTopic(text: string): number {
  const bytes = Buffer.byteLength(text);
  return bytes * 6 <= LARGEST_PUBLICATION ? bytes : bytes + 5 * (text.match(/[<>&\u2028\u2029]/g)?.length ?? 0);
}

/**
 * Hands events to the broker; those of one request in no order. They are raw: what is a CloudEvent already gets to the topic
 * as it is, while the sidecar would decode, complete and encode each. It gets what the sidecar would add (`topic`,
 * `pubsubname`) here, so a consumer finds what is in the event of any other publisher.
 * @param publications with `text` where its JSON is known already
 * @returns what the broker did not take, by place
 * @throws PublishRejected when the sidecar cannot make sense of the request; Unavailable when nobody answers or may publish now
 */
export async function publish(
  ask: Ask,
  pubsub: string,
  topic: string,
  publications: readonly (Publication & { readonly text?: string })[],
): Promise<Map<number, Refusal>> {
  const place = `,"pubsubname":${JSON.stringify(pubsub)},"topic":${JSON.stringify(topic)}}`;
  const entries = publications.map(({ cloudEvent, partitionKey, text = JSON.stringify(cloudEvent) }, index) => {
    const event = JSON.stringify(text.slice(0, -1) + place);
    const metadata = `{"partitionKey":${JSON.stringify(partitionKey)}}`;
    return `{"entryId":"${index}","event":${event},"contentType":"text/plain","metadata":${metadata}}`;
  });
  const path = `/v1.0/publish/bulk/${pubsub}/${topic}?metadata.rawPayload=true`;
  const { status, body } = await ask('POST', path, `[${entries.join()}]`);
  if (status === 204) return new Map();
  const failed = failedEntriesOf(body);
  if (failed.length > 0)
    return new Map(failed.map(({ entryId, error = '' }) => [Number(entryId), refusalOf(error.slice(0, 300))]));
  const inner = `publishing: ${status} ${body.slice(0, 300)}`;
  throw [400, 413, 415, 422].includes(status) || TOO_LARGE.test(body)
    ? new PublishRejected('the broker cannot take this', inner)
    : new Unavailable('the broker does not take events', inner, true);
}

/**
 * What /dapr/subscribe answers: a topic, in batches. Single events would come one by one per Kafka partition;
 * and an app killed in the middle of a delivery is taken by daprd 1.18.2 for an empty answer, which acknowledges a single
 * event but no batch. (Batches want the sidecar's app health check off, see docs/decisions/0009.)
 * They are raw: the sidecar brings the exact bytes and parses nothing, so a message that is no JSON stops nobody.
 * @param waitMs milliseconds that an event waits for more of them. With 3, 5 ms gave a quarter more enrolments a second on
 *   Redis, and consumers more than 1 s behind.
 */
export function subscriptionTo(pubsub: string, topic: string, waitMs = 3): object {
  const bulkSubscribe = { enabled: true, maxMessagesCount: 100, maxAwaitDurationMs: waitMs };
  return { pubsubname: pubsub, topic, route: '/events', metadata: { rawPayload: 'true' }, bulkSubscribe };
}

const refusalOf = (inner: string): Refusal => ({
  inner,
  forGood: TOO_LARGE.test(inner) ? 'yes' : AWAY.test(inner) ? 'no' : 'maybe',
});

function failedEntriesOf(body: string): { entryId: string; error?: string }[] {
  try {
    return (JSON.parse(body) as { failedEntries?: { entryId: string; error?: string }[] }).failedEntries ?? [];
  } catch {
    return [];
  }
}
