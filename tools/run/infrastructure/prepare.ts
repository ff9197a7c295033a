import { readdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { parse } from 'yaml';
import { root } from '../paths.ts';
import type { Addresses, Profile } from '../process.ts';
import { topicsOn } from '../provision/kafka.ts';
import { exists } from '../provision/ways.ts';

type Address = { host: string; port: number };

/** TLS: with these authorities (PEM) in place of the public ones, where given. */
export interface Tls {
  readonly ca?: string;
}

/** A Redis, and how it is spoken to. */
export interface RedisServer extends Address {
  readonly username?: string;
  readonly password?: string;
  /** The name that it is told it is called by. */
  readonly tls?: Tls & { readonly servername?: string };
}

/** A MySQL or MariaDB, and how it is spoken to. */
export interface MysqlServer extends Address {
  readonly user: string;
  readonly password: string;
  readonly ssl?: Tls & { readonly rejectUnauthorized?: boolean; readonly verifyIdentity?: boolean };
}

export type Mechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** Kafka's brokers, and how they are spoken to. */
export interface Brokers {
  /** host:port of some of them. */
  readonly bootstrapBrokers: string[];
  readonly sasl?: { readonly mechanism: Mechanism; readonly username: string; readonly password: string };
  readonly tls?: Tls;
}

interface Component {
  metadata: { name: string };
  spec: { type: string; metadata: { name: string; value: string }[] };
  scopes?: string[];
}

/** The components of these systems: those in whose scope is one of their services. */
async function components(profile: Profile, systems: string[]): Promise<{ component: Component; systems: string[] }[]> {
  const folder = join(root, 'components', profile);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  const all = await Promise.all(
    names.map(async (name) => parse(await readFile(join(folder, name), 'utf8')) as Component),
  );
  return all
    .map((component) => ({
      component,
      systems: systems.filter((system) => component.scopes?.some((app) => app.startsWith(`${system}-`))),
    }))
    .filter((entry) => entry.systems.length);
}

const setting = (component: Component, name: string): string | undefined =>
  component.spec.metadata.find((item) => item.name === name)?.value;

/** For readiness: true when it works, false when it does not (yet). */
const works = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => true,
    () => false,
  );

async function withRedis<T>(server: RedisServer, db: number, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ ...server, db, lazyConnect: true, retryStrategy: () => null, connectTimeout: 2000 });
  // connect() says only that the connection is closed.
  let why: Error | undefined;
  redis.on('error', (error) => {
    why ??= error;
  });
  try {
    await redis.connect();
    return await use(redis);
  } catch (error) {
    throw why ?? error;
  } finally {
    redis.disconnect();
  }
}

/** Redis answers PING with an error while it still loads its data. */
export const pingRedis = (server: RedisServer): Promise<unknown> => withRedis(server, 0, (redis) => redis.ping());

export const redisAnswers = (server: RedisServer): Promise<boolean> => works(pingRedis(server));

interface ConfigMap {
  data: Record<string, string>;
}

/** Puts the keys of the system's ConfigMap into its configuration store. Others found there are left alone. */
export async function prepareRedis(address: Address, profile: Profile, systems: string[]): Promise<void> {
  for (const { component, systems: served } of await components(profile, systems)) {
    if (component.spec.type !== 'configuration.redis') continue;
    for (const system of served) {
      const file = join(root, 'helm/madang/config', `${system}.yaml`);
      if (!(await exists(file))) continue;
      const { data } = parse(await readFile(file, 'utf8')) as ConfigMap;
      await withRedis(address, Number(setting(component, 'redisDB') ?? 0), async (redis) => {
        for (const [key, value] of Object.entries(data)) {
          // The store's format. Unchanged values are not written again, since followers would be told.
          const item = `${value}||1`;
          if ((await redis.get(key)) !== item) await redis.set(key, item);
        }
      });
    }
  }
}

export const mysqlAnswers = (server: NonNullable<Addresses['mysql']>): Promise<boolean> =>
  works(
    createConnection({ ...server, connectTimeout: 2000 }).then((connection) => {
      connection.destroy();
    }),
  );

/** Where a MySQL state store keeps its documents. */
export interface Tables {
  schema: string;
  table: string;
  metadataTable: string;
}

/** The databases and tables of every MySQL state store of these systems. */
export async function prepareMysql(
  server: NonNullable<Addresses['mysql']>,
  profile: Profile,
  systems: string[],
): Promise<void> {
  const stores = (await components(profile, systems)).filter(({ component }) => component.spec.type === 'state.mysql');
  await makeTables(
    server,
    stores.map(({ component }) => ({
      schema: setting(component, 'schemaName') ?? 'dapr_state_store',
      table: setting(component, 'tableName') ?? 'state',
      metadataTable: setting(component, 'metadataTableName') ?? 'dapr_metadata',
    })),
  );
}

/**
 * Makes what is missing as Dapr 1.18 makes it (state/mysql/mysql.go of its components): several sidecars that find no
 * tables race to make them, and all but one die.
 */
export async function makeTables(server: MysqlServer, stores: Tables[]): Promise<void> {
  const connection = await createConnection({ ...server, connectTimeout: 5000 });
  try {
    for (const { schema, table, metadataTable } of stores) {
      // The collation makes keys case-sensitive; the tables inherit it.
      await connection.query(`CREATE DATABASE IF NOT EXISTS \`${schema}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
      await connection.query(`CREATE TABLE IF NOT EXISTS \`${schema}\`.\`${table}\` (
        id VARCHAR(255) NOT NULL PRIMARY KEY,
        value JSON NOT NULL,
        isbinary BOOLEAN NOT NULL,
        insertDate TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        updateDate TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
        eTag VARCHAR(36) NOT NULL,
        expiredate TIMESTAMP NULL,
        row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        INDEX expiredate_idx(expiredate),
        UNIQUE KEY row_id_uidx (row_id))`);
      await connection.query(`CREATE TABLE IF NOT EXISTS \`${schema}\`.\`${metadataTable}\` (
        id VARCHAR(255) NOT NULL PRIMARY KEY,
        value TEXT NOT NULL)`);
    }
  } finally {
    await connection.end();
  }
}

/** Kafka's administration while `use` works. */
export async function withKafka<T>(brokers: Brokers, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({
    clientId: 'madang',
    ...brokers,
    // TLS knows names of servers, not addresses.
    ...(brokers.tls
      ? { tlsServerName: !brokers.bootstrapBrokers.some((at) => isIP(at.replace(/^\[|\]?:\d+$/g, ''))) }
      : {}),
    retries: 0,
    timeout: 5000,
    connectTimeout: 2000,
  });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

/** A broker that listens may not yet know itself; one that lists its topics does. */
export const kafkaAnswers = (address: Address): Promise<boolean> =>
  works(withKafka({ bootstrapBrokers: [`${address.host}:${address.port}`] }, (admin) => admin.listTopics()));

/** A topic per system and one for its dead letters, with partitions for parallel consumers. Those that are there stay as they are. */
export async function prepareKafka(
  brokers: Brokers,
  systems: string[],
  how = topicsOn(brokers.bootstrapBrokers.length),
): Promise<void> {
  const { partitions, replicas, minInSync } = how;
  const configs = [{ name: 'min.insync.replicas', value: String(minInSync) }];
  await withKafka(brokers, async (admin) => {
    const there = await admin.listTopics();
    const wanted = systems.flatMap((system) => [
      { topics: [system], partitions, replicas, configs },
      { topics: [`${system}-deadletter`], partitions: 1, replicas, configs },
    ]);
    for (const topic of wanted) if (!there.includes(topic.topics[0] ?? '')) await admin.createTopics(topic);
  });
}
