/**
 * Reads what is really in the stores and on the topics, with clients of its own and nothing from services/. What it knows of
 * Madang is which components there are, and how documents and event ids are written.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { parse as parseYaml } from 'yaml';
import type { Row } from '../harness/collection.ts';

export interface Document {
  readonly id: number;
  readonly state: Row | null;
  readonly version: number;
}
export interface PublishedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Row;
  /** The app id of its service; of a stranger's event anything. */
  readonly source?: unknown;
}

/** Where a running system is. */
export interface Place {
  readonly system: string;
  readonly profile: 'light' | 'full';
  readonly home: string;
  readonly gateway: string;
}

/** Everything there is to see of one system. */
export interface Snapshot {
  /** By `<app id>/<key>`. */
  readonly documents: ReadonlyMap<string, Document>;
  /** In the order of the topic, with repetitions. */
  readonly published: readonly PublishedEvent[];
}

interface Component {
  readonly type: string;
  readonly setting: (name: string) => string;
}

const parse = (text: string): unknown => JSON.parse(text);

/** What a message says; one that is no event is told of nothing. */
function eventIn(text: string): PublishedEvent {
  try {
    const event = parse(text) as PublishedEvent | null;
    if (typeof event?.id === 'string') return event;
  } catch {
    // Not JSON.
  }
  return { id: '', type: `an unreadable message (${text.slice(0, 60)})`, data: {} };
}

async function componentsOf({ system, profile, home }: Place): Promise<Component[]> {
  const folder = join(home, 'components', profile);
  const files = (await readdir(folder)).filter((file) => file.startsWith(`${system}-`));
  return Promise.all(
    files.map(async (file) => {
      const { spec } = parseYaml(await readFile(join(folder, file), 'utf8')) as {
        spec: { type: string; metadata: { name: string; value: string }[] };
      };
      return { type: spec.type, setting: (name) => spec.metadata.find((one) => one.name === name)?.value ?? '' };
    }),
  );
}

/** Looks at everything. Throws while something cannot be read. */
export async function takeSnapshot(place: Place): Promise<Snapshot> {
  const documents = new Map<string, Document>();
  let published: PublishedEvent[] = [];
  for (const { type, setting } of await componentsOf(place)) {
    let stored: [string, unknown][] = [];
    if (type === 'state.redis') stored = await redisDocuments(setting('redisHost'), place.system);
    if (type === 'state.mysql') stored = await mysqlDocuments(setting('connectionString'), setting('schemaName'));
    if (type === 'state.sqlite') stored = await sqliteDocuments(setting('connectionString').replace(/\?.*$/, ''));
    if (type === 'pubsub.redis') published = await redisTopic(setting('redisHost'), place.system);
    if (type === 'pubsub.kafka') published = await kafkaTopic(setting('brokers'), place.system);
    for (const [key, document] of stored) documents.set(key.replace('||', '/'), document as Document);
  }
  return { documents, published };
}

const redisAt = (address: string): Redis => {
  const [host = '', port = ''] = address.split(':');
  return new Redis({ host, port: Number(port) });
};

async function redisDocuments(address: string, system: string): Promise<[string, unknown][]> {
  const redis = redisAt(address);
  try {
    const found: [string, unknown][] = [];
    for await (const keys of redis.scanStream({ match: `${system}-*||*`, count: 1000 }) as AsyncIterable<string[]>) {
      const pipeline = redis.pipeline();
      const wanted = keys.filter((key) => !/\|\|(outbox|idempotency)-/.test(key));
      for (const key of wanted) pipeline.hget(key, 'data');
      const values = (await pipeline.exec()) ?? [];
      for (const [index, key] of wanted.entries()) found.push([key, parse(String(values[index]?.[1] ?? 'null'))]);
    }
    return found;
  } finally {
    redis.disconnect();
  }
}

async function mysqlDocuments(dataSource: string, schema: string): Promise<[string, unknown][]> {
  const [, user = '', password = '', host = '', port] = /^(.+):(.+)@tcp\((.+):(\d+)\)/.exec(dataSource) ?? [];
  const connection = await createConnection({ host, port: Number(port), user, password, database: schema });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      // As text: the client decodes JSON of some servers itself, and then a JSON string cannot be told from JSON.
      "SELECT id, CAST(value AS CHAR) AS text FROM state WHERE id NOT LIKE '%||outbox-%' AND id NOT LIKE '%||idempotency-%'",
    );
    return rows.map(({ id, text }) => [String(id), parse(String(text))]);
  } finally {
    connection.destroy();
  }
}

/** With Python's sqlite3, since Node 20 has none and Python is there for alert. */
async function sqliteDocuments(file: string): Promise<[string, unknown][]> {
  const program = `import json,sqlite3,sys
rows = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True).execute("select key, value from state where key not like '%||outbox-%' and key not like '%||idempotency-%'")
print(json.dumps([[k, v] for k, v in rows]))`;
  const { stdout } = await promisify(execFile)('python3', ['-c', program, file], { maxBuffer: 1 << 30 });
  return (parse(stdout) as [string, string][]).map(([key, value]) => [key, parse(value)]);
}

async function redisTopic(address: string, topic: string): Promise<PublishedEvent[]> {
  const redis = redisAt(address);
  try {
    const publishedEvents: PublishedEvent[] = [];
    for (let from = '-'; ; ) {
      const entries = await redis.xrange(topic, from, '+', 'COUNT', 2000);
      for (const [, fields] of entries) publishedEvents.push(eventIn(fields[fields.indexOf('data') + 1] ?? ''));
      const last = entries.at(-1);
      if (!last) return publishedEvents;
      from = `(${last[0]}`;
    }
  } finally {
    redis.disconnect();
  }
}

async function kafkaTopic(brokers: string, topic: string): Promise<PublishedEvent[]> {
  const consumer = new Consumer({
    groupId: `checker-${Date.now()}`,
    clientId: 'checker',
    bootstrapBrokers: brokers.split(','),
    deserializers: stringDeserializers,
    autocommit: false,
  });
  try {
    const events: PublishedEvent[] = [];
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic) ?? [];
    const left = new Map(ends.flatMap((end, partition) => (end > 0n ? [[partition, end] as const] : [])));
    if (left.size === 0) return events;
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', maxWaitTime: 200 });
    for await (const { value, partition, offset } of stream) {
      events.push(eventIn(value));
      const end = left.get(partition);
      if (end !== undefined && offset + 1n >= end) left.delete(partition);
      if (left.size === 0) break;
    }
    return events;
  } finally {
    await consumer.close(true);
  }
}
