/** The stores and the broker of the running system, read past all services and sidecars. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Admin, Consumer, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { parse } from 'yaml';
import { home } from '../../tools/run/paths.ts';
import type { Profile } from '../../tools/run/process.ts';
import { BATCHES, countBatches } from './batches.ts';
import { type Counts, redisCounts, statusCounts, sumOf, TOTAL } from './counts.ts';

/** What the bench looks for in an event; the numbers are those of lecture and academy. */
interface EventData {
  readonly id?: number;
  readonly classId?: number;
  readonly courseId?: number;
}

/** An event on the topic. */
export interface Published {
  /** When the broker got it, in ms. */
  readonly at: number;
  readonly event: { readonly type: string; readonly time: string; readonly data: EventData };
}

/** What store and broker were asked so far, by name. */
export interface Asked {
  readonly store: Counts;
  readonly broker: Counts;
}

export interface Stores {
  /** The events since the last call. */
  published(): Promise<Published[]>;
  /** What they were asked so far by others than this process. */
  asked(): Promise<Asked>;
  has(key: string): Promise<boolean>;
  /** Puts documents under these keys, as the sidecar would. */
  seed(documents: readonly (readonly [key: string, document: object | string])[]): Promise<void>;
  /** Takes documents away. */
  forget(keys: readonly string[]): Promise<void>;
  createTopic(name: string, partitions: number): Promise<void>;
  version(): Promise<string>;
  close(): Promise<void>;
}

/** @param system whose stores they are; its topic has its name, and so has its database */
export const stores = (profile: Profile, system = 'lecture'): Promise<Stores> =>
  profile === 'full' ? full(system) : light(system);

/** As many as a store takes in one command. */
function slices<T>(all: readonly T[]): T[][] {
  const found: T[][] = [];
  for (let i = 0; i < all.length; i += 2000) found.push(all.slice(i, i + 2000));
  return found;
}

async function setting(profile: Profile, component: string, name: string): Promise<string> {
  const text = await readFile(join(home, 'components', profile, `${component}.yaml`), 'utf8');
  const { spec } = parse(text) as { spec: { metadata: { name: string; value: string }[] } };
  return spec.metadata.find((item) => item.name === name)?.value ?? '';
}

async function redisOf(profile: Profile, component: string): Promise<Redis> {
  const [host = '', port] = (await setting(profile, component, 'redisHost')).split(':');
  const redis = new Redis({ host, port: Number(port) });
  // One that is away fails the commands; the growth of academy ends lecture's meanwhile.
  return redis.on('error', () => undefined);
}
/** What a Redis was asked, without the commands that only this process sends. */
const askedOf = async (redis: Redis, own: number): Promise<Asked> =>
  redisCounts(await redis.info('stats'), await redis.info('commandstats'), own);

async function light(system: string): Promise<Stores> {
  const redis = await redisOf('light', `${system}-state`);
  let last = '0';
  let own = 0;
  return {
    asked() {
      own += 2;
      return askedOf(redis, own);
    },
    async published() {
      const published: Published[] = [];
      for (;;) {
        own++;
        const entries = await redis.xrange(system, `(${last}`, '+', 'COUNT', 5000);
        for (const [id, fields] of entries) {
          published.push({
            at: Number.parseInt(id, 10),
            event: JSON.parse(fields[fields.indexOf('data') + 1] ?? '{}'),
          });
          last = id;
        }
        if (entries.length === 0) return published;
      }
    },
    async has(key) {
      own++;
      return (await redis.exists(key)) === 1;
    },
    async seed(documents) {
      for (const some of slices(documents)) {
        const pipeline = redis.pipeline();
        for (const [key, document] of some) pipeline.hset(key, { data: JSON.stringify(document), version: 1 });
        await pipeline.exec();
      }
    },
    async forget(keys) {
      for (const some of slices(keys)) await redis.del(...some);
    },
    createTopic: async () => undefined,
    version: async () => /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '?',
    close: async () => redis.disconnect(),
  };
}

/** Answers the events on a topic of Kafka since it was asked before. */
function eventsOn(topic: string, brokers: string[]): () => Promise<Published[]> {
  let read: readonly bigint[] = [];
  return async () => {
    const events: Published[] = [];
    const consumer = new Consumer({
      groupId: `bench-${randomUUID()}`,
      clientId: 'bench',
      bootstrapBrokers: brokers,
      deserializers: stringDeserializers,
    });
    try {
      const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
      const behind = new Set(ends.flatMap((end, partition) => (end > (read[partition] ?? 0n) ? [partition] : [])));
      const offsets = ends.map((_, partition) => ({ topic, partition, offset: read[partition] ?? 0n }));
      read = ends;
      if (behind.size === 0) return events;
      const stream = await consumer.consume({
        topics: [topic],
        mode: MessagesStreamModes.MANUAL,
        offsets,
        autocommit: false,
        maxWaitTime: 50,
      });
      for await (const { partition, offset, timestamp, value } of stream) {
        if (offset < ends[partition]!) events.push({ at: Number(timestamp), event: JSON.parse(value) });
        if (offset >= ends[partition]! - 1n) behind.delete(partition);
        if (behind.size === 0) break;
      }
      return events;
    } finally {
      await consumer.close(true);
    }
  };
}

async function mysqlOf(system: string): Promise<Pool> {
  const url = await setting('full', `${system}-state`, 'connectionString');
  const [, user = '', password = '', host = '', port] = /^([^:]+):([^@]*)@tcp\(([^:]+):(\d+)\)/.exec(url) ?? [];
  return createPool({ host, port: Number(port), user, password, database: system, connectionLimit: 4 });
}

/** What MySQL was asked, by its status, without the commands that only this process sends. */
const askedOfMysql = (status: readonly RowDataPacket[], own: number): Counts =>
  statusCounts(
    status.map((row) => [String(row.Variable_name), String(row.Value)] as const),
    own,
  );

/** What the Redis of the configuration was asked, under names that none of MySQL's commands has. */
const besideMysql = (counts: Counts): Counts =>
  Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name === TOTAL ? TOTAL : `Redis ${name}`, count] as const),
  );

async function full(system: string): Promise<Stores> {
  const redis = await redisOf('full', `${system}-configuration`);
  const brokers = [await setting('full', `${system}-pubsub`, 'brokers')];
  const mysql = await mysqlOf(system);
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: brokers });
  let own = 0;
  let ownInRedis = 0;

  return {
    published: eventsOn(system, brokers),
    async asked() {
      own++;
      const [rows] = await mysql.query<RowDataPacket[]>('SHOW GLOBAL STATUS');
      const ofMysql = askedOfMysql(rows, own);
      ownInRedis += 2;
      const { store } = await askedOf(redis, ownInRedis);
      return {
        store: sumOf([ofMysql, besideMysql(store)]),
        broker: await countBatches(join(home, 'data/full/kafka/log'), BATCHES),
      };
    },
    async has(key) {
      own++;
      const [rows] = await mysql.query<RowDataPacket[]>('SELECT 1 FROM state WHERE id = ?', [key]);
      return rows.length > 0;
    },
    async seed(documents) {
      for (const some of slices(documents)) {
        const rows = some.map(([key, document]) => [key, JSON.stringify(document), false, '1']);
        await mysql.query('REPLACE INTO state (id, value, isbinary, eTag) VALUES ?', [rows]);
      }
    },
    async forget(keys) {
      for (const some of slices(keys)) await mysql.query('DELETE FROM state WHERE id IN (?)', [some]);
    },
    async createTopic(name, partitions) {
      await admin.createTopics({ topics: [name], partitions, replicas: 1 });
    },
    async version() {
      const [[row]] = await mysql.query<RowDataPacket[]>('SELECT VERSION() AS version');
      return String(row?.version);
    },
    async close() {
      redis.disconnect();
      await Promise.all([mysql.end(), admin.close()]);
    },
  };
}
