/** The stores and the broker of the running system, read past all services and sidecars. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Admin, Consumer, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { parse } from 'yaml';
import { home } from '../../tools/run/paths.ts';
import type { Profile } from '../../tools/run/process.ts';

/** An event on the topic. */
export interface Told {
  /** When the broker got it, in ms. */
  readonly at: number;
  readonly event: { readonly type: string; readonly time: string; readonly data: { readonly classId?: number } };
}

export interface Stores {
  /** The events since the last call. */
  told(): Promise<Told[]>;
  has(key: string): Promise<boolean>;
  /** Puts documents under these keys, as the sidecar would. */
  seed(documents: readonly (readonly [key: string, document: object])[]): Promise<void>;
  createTopic(name: string, partitions: number): Promise<void>;
  version(): Promise<string>;
  close(): Promise<void>;
}

export const stores = (profile: Profile): Promise<Stores> => (profile === 'full' ? full() : light());

async function setting(profile: Profile, component: string, name: string): Promise<string> {
  const text = await readFile(join(home, 'components', profile, `${component}.yaml`), 'utf8');
  const { spec } = parse(text) as { spec: { metadata: { name: string; value: string }[] } };
  return spec.metadata.find((item) => item.name === name)?.value ?? '';
}

async function light(): Promise<Stores> {
  const [host = '', port] = (await setting('light', 'lecture-state', 'redisHost')).split(':');
  const redis = new Redis({ host, port: Number(port) });
  let last = '0';
  return {
    async told() {
      const told: Told[] = [];
      for (;;) {
        const entries = await redis.xrange('lecture', `(${last}`, '+', 'COUNT', 5000);
        for (const [id, fields] of entries) {
          told.push({ at: Number.parseInt(id, 10), event: JSON.parse(fields[fields.indexOf('data') + 1] ?? '{}') });
          last = id;
        }
        if (entries.length === 0) return told;
      }
    },
    has: async (key) => (await redis.exists(key)) === 1,
    async seed(documents) {
      const pipeline = redis.pipeline();
      for (const [key, document] of documents) pipeline.hset(key, { data: JSON.stringify(document), version: 1 });
      await pipeline.exec();
    },
    createTopic: async () => undefined,
    version: async () => /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? '?',
    close: async () => redis.disconnect(),
  };
}

async function full(): Promise<Stores> {
  const brokers = [await setting('full', 'lecture-pubsub', 'brokers')];
  const url = await setting('full', 'lecture-state', 'connectionString');
  const [, user = '', password = '', host = '', port] = /^([^:]+):([^@]*)@tcp\(([^:]+):(\d+)\)/.exec(url) ?? [];
  const mysql = createPool({ host, port: Number(port), user, password, database: 'lecture', connectionLimit: 4 });
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: brokers });
  let read: readonly bigint[] = [];

  async function told(): Promise<Told[]> {
    const told: Told[] = [];
    const consumer = new Consumer({
      groupId: `bench-${randomUUID()}`,
      clientId: 'bench',
      bootstrapBrokers: brokers,
      deserializers: stringDeserializers,
    });
    try {
      const ends = (await consumer.listOffsets({ topics: ['lecture'] })).get('lecture') ?? [];
      const behind = new Set(ends.flatMap((end, partition) => (end > (read[partition] ?? 0n) ? [partition] : [])));
      const offsets = ends.map((_, partition) => ({ topic: 'lecture', partition, offset: read[partition] ?? 0n }));
      read = ends;
      if (behind.size === 0) return told;
      const stream = await consumer.consume({
        topics: ['lecture'],
        mode: MessagesStreamModes.MANUAL,
        offsets,
        autocommit: false,
        maxWaitTime: 50,
      });
      for await (const { partition, offset, timestamp, value } of stream) {
        if (offset < ends[partition]!) told.push({ at: Number(timestamp), event: JSON.parse(value) });
        if (offset >= ends[partition]! - 1n) behind.delete(partition);
        if (behind.size === 0) break;
      }
      return told;
    } finally {
      await consumer.close(true);
    }
  }

  return {
    told,
    async has(key) {
      const [rows] = await mysql.query<RowDataPacket[]>('SELECT 1 FROM state WHERE id = ?', [key]);
      return rows.length > 0;
    },
    async seed(documents) {
      for (let i = 0; i < documents.length; i += 2000) {
        const rows = documents.slice(i, i + 2000).map(([key, document]) => [key, JSON.stringify(document), false, '1']);
        await mysql.query('REPLACE INTO state (id, value, isbinary, eTag) VALUES ?', [rows]);
      }
    },
    async createTopic(name, partitions) {
      await admin.createTopics({ topics: [name], partitions, replicas: 1 });
    },
    async version() {
      const [[row]] = await mysql.query<RowDataPacket[]>('SELECT VERSION() AS version');
      return String(row?.version);
    },
    async close() {
      await Promise.all([mysql.end(), admin.close()]);
    },
  };
}
