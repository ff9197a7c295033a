import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { parse } from 'yaml';
import { root } from './paths.ts';
import type { Addresses, Profile } from './process.ts';
import { exists } from './provision/ways.ts';

type Address = { host: string; port: number };

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

async function withRedis<T>(address: Address, db: number, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ ...address, db, lazyConnect: true, retryStrategy: () => null, connectTimeout: 2000 });
  // Reported by connect() already.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** Redis answers PING with an error while it still loads its data. */
export const redisAnswers = (address: Address): Promise<boolean> =>
  works(withRedis(address, 0, (redis) => redis.ping()));

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
export async function makeTables(server: NonNullable<Addresses['mysql']>, stores: Tables[]): Promise<void> {
  const connection = await createConnection(server);
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

async function withKafka<T>({ host, port }: Address, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({
    clientId: 'madang',
    bootstrapBrokers: [`${host}:${port}`],
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
  works(withKafka(address, (admin) => admin.listTopics()));

/** A topic per system and one for its dead letters, with partitions for parallel consumers. */
export async function prepareKafka(address: Address, systems: string[]): Promise<void> {
  await withKafka(address, async (admin) => {
    const there = await admin.listTopics();
    const wanted = systems.flatMap((system) => [
      { topics: [system], partitions: 4, replicas: 1 },
      { topics: [`${system}-deadletter`], partitions: 1, replicas: 1 },
    ]);
    for (const topic of wanted) if (!there.includes(topic.topics[0] ?? '')) await admin.createTopics(topic);
  });
}
