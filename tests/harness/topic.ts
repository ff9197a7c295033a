import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Consumer, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { parse } from 'yaml';
import { home, profile } from './system.ts';

/** An event as it lies in the broker; `key` is the Kafka message key (the Redis stream has none). */
export interface Published {
  readonly key?: string;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly source: string;
    readonly subject?: string;
    readonly traceparent?: string;
    readonly aggregateversion?: number;
    readonly data: Record<string, unknown>;
  };
}

export interface Topic {
  /** All events since the topic exists, growing while the test runs. */
  readonly published: readonly Published[];
  close(): Promise<void>;
}

/** The component that carries a topic: a system's own topic, or its dead letters. */
const pubsubOf = (topic: string): string => `${topic.split('-')[0]}-pubsub`;

/** Reads a topic from its beginning with a client of the broker, past all services and sidecars. */
export async function follow(name: string): Promise<Topic> {
  const events: Published[] = [];
  return profile === 'full' ? followKafka(name, events) : followRedis(name, events);
}

/** What is on a system's topic while the tests of a file run. */
export function followed(system: string): Pick<Topic, 'published'> {
  let topic: Topic | undefined;
  beforeAll(async () => {
    topic = await follow(system);
  }, 30_000);
  afterAll(() => topic?.close());
  return {
    get published() {
      return topic?.published ?? [];
    },
  };
}

async function followRedis(name: string, events: Published[]): Promise<Topic> {
  const [host = '', port = ''] = (await setting(pubsubOf(name), 'redisHost')).split(':');
  const redis = new Redis({ host, port: Number(port) });
  let open = true;
  const reading = (async () => {
    for (let last = '0'; open; ) {
      const found = await redis.xread('COUNT', 1000, 'BLOCK', 200, 'STREAMS', name, last);
      for (const [id, fields] of found?.[0]?.[1] ?? []) {
        last = id;
        events.push(...readable(fields[fields.indexOf('data') + 1] ?? '').map((event) => ({ event })));
      }
    }
    redis.disconnect();
  })();
  return {
    published: events,
    async close() {
      open = false;
      await reading;
    },
  };
}

async function followKafka(name: string, events: Published[]): Promise<Topic> {
  const bootstrapBrokers = (await setting(pubsubOf(name), 'brokers')).split(',');
  const known = new Set<string>();
  const begin = async (): Promise<() => Promise<void>> => {
    const consumer = new Consumer({
      groupId: `test-${randomUUID()}`,
      clientId: 'test',
      bootstrapBrokers,
      deserializers: stringDeserializers,
    });
    const stream = await consumer.consume({ topics: [name], mode: MessagesStreamModes.EARLIEST, autocommit: false });
    stream.on('data', ({ partition, offset, key, value }) => {
      const place = `${partition}/${offset}`;
      if (known.has(place)) return;
      known.add(place);
      events.push(...readable(value).map((event) => ({ key, event })));
    });
    // On a busy machine this client (1.35) now and then loses its place in what the broker answers, and does not find it again.
    stream.once('error', () => {
      following = begin();
      consumer.close(true, () => undefined);
    });
    return () => stream.close().then(() => consumer.close(true));
  };
  let following = begin();
  await following;
  return { published: events, close: async () => (await following)() };
}

/** The event in a message; nothing where it is none, for anybody may publish anything. */
function readable(message: string): Published['event'][] {
  try {
    const event = JSON.parse(message) as Published['event'] | null;
    return typeof event?.data === 'object' && event.data ? [event] : [];
  } catch {
    return [];
  }
}

/** A value of a component that the sidecars use. */
export async function setting(component: string, name: string): Promise<string> {
  const file = join(home, 'components', profile, `${component}.yaml`);
  const { spec } = parse(await readFile(file, 'utf8')) as { spec: { metadata: { name: string; value: string }[] } };
  const value = spec.metadata.find((item) => item.name === name)?.value;
  if (!value) throw new Error(`${file} has no ${name}`);
  return value;
}
