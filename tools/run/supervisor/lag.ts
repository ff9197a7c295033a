import { Admin } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import type { Addresses } from '../process.ts';

/** How far the consumers of a topic are behind it, as the broker knows it. */
export interface Lag {
  /** Events that are told and not acknowledged. */
  readonly events: number;
  /** Where the group is; the same in two looks, with a lag, means that nothing was handled between them. */
  readonly position: string;
}

/** Lags by consumer group, which is the app id. Throws when the broker does not answer in time. */
export type LagOf = (topics: readonly string[]) => Promise<ReadonlyMap<string, Lag>>;

/** Whoever asks a broker is not held up by it. */
const LIMIT_MS = 4_000;

export const lagReader = ({ redis, kafka }: Addresses): { read: LagOf; close(): Promise<void> } =>
  kafka ? kafkaLags(kafka) : redisLags(redis);

function redisLags(address: Addresses['redis']): { read: LagOf; close(): Promise<void> } {
  const redis = new Redis({ ...address, lazyConnect: true, maxRetriesPerRequest: 1, commandTimeout: LIMIT_MS });
  // A broker that is away fails the reads.
  redis.on('error', () => undefined);
  return {
    async read(topics) {
      const lags = new Map<string, Lag>();
      for (const topic of topics) {
        if ((await redis.exists(topic)) === 0) continue;
        for (const { name, pending, lag, 'last-delivered-id': last } of await groupsOf(redis, topic)) {
          const [, first] = Number(pending) > 0 ? ((await redis.xpending(topic, String(name))) as unknown[]) : [];
          lags.set(String(name), {
            events: Number(pending) + Number(lag ?? 0),
            position: `${last} ${pending} ${first}`,
          });
        }
      }
      return lags;
    },
    async close() {
      redis.disconnect();
    },
  };
}

/** XINFO GROUPS: for each consumer group of a stream its fields. */
export async function groupsOf(redis: Redis, topic: string): Promise<Record<string, unknown>[]> {
  const groups = (await redis.xinfo('GROUPS', topic)) as unknown[][];
  return groups.map((fields) =>
    Object.fromEntries(fields.flatMap((name, at) => (at % 2 === 0 ? [[String(name), fields[at + 1]]] : []))),
  );
}

/** The newest offset, in Kafka's protocol. */
const LATEST = -1n;

/** Where each partition of some topics ends. */
export async function endsOf(
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, readonly { partitionIndex: number; offset: bigint }[]>> {
  const metadata = await admin.metadata({ topics: [...topics] });
  const listed = await admin.listOffsets({
    topics: [...metadata.topics].map(([name, { partitionsCount }]) => ({
      name,
      partitions: Array.from({ length: partitionsCount }, (_, partitionIndex) => ({
        partitionIndex,
        timestamp: LATEST,
      })),
    })),
  });
  return new Map(listed.map(({ name, partitions }) => [name, partitions]));
}

/** Events before the end of a partition. One without a committed offset is read from its beginning. */
export const behind = (end: bigint, committed = 0n): number => Number(end - (committed < 0n ? 0n : committed));

function kafkaLags(bootstrapBrokers: string[]): { read: LagOf; close(): Promise<void> } {
  const options = { retries: 0, timeout: LIMIT_MS, connectTimeout: 2_000 };
  const admin = new Admin({ clientId: 'madang-status', bootstrapBrokers, ...options });
  return {
    async read(topics) {
      const [groups, ends] = await Promise.all([admin.listGroups(), endsOf(admin, topics)]);
      const wanted = [...groups.keys()].filter((id) => topics.some((topic) => id.startsWith(`${topic}-`)));
      const committed = wanted.length > 0 ? await admin.listConsumerGroupOffsets({ groups: wanted }) : [];
      return new Map(
        committed.flatMap(({ groupId, topics: read }) => {
          const own = read.find(({ name }) => ends.has(name) && groupId.startsWith(`${name}-`));
          if (!own) return [];
          const at = new Map(own.partitions.map((one) => [one.partitionIndex, one.committedOffset]));
          const positions = (ends.get(own.name) ?? []).map(({ partitionIndex, offset }) => {
            const done = at.get(partitionIndex) ?? 0n;
            return { events: behind(offset, done), done };
          });
          const events = positions.reduce((sum, one) => sum + Math.max(0, one.events), 0);
          return [[groupId, { events, position: positions.map(({ done }) => done).join(' ') }] as const];
        }),
      );
    },
    close: () => admin.close(),
  };
}
