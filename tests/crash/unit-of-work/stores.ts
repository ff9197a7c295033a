import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { home } from '../../../tools/run/paths.ts';
import { component } from '../../harness/component.ts';
import type { Document, PublishedEvent } from '../snapshot.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import type { Seen } from './judge.ts';
import { sidecar } from './sidecar.ts';

/** One store with a sidecar of its own and its own part of the broker. */
export interface StoreFixture {
  readonly name: string;
  readonly appId: string;
  /** Of the sidecar. */
  readonly port: number;
  readonly cutPort: number;
  /** Reads the store and the topic, by means of its own. */
  look(): Promise<Seen>;
  clear(): Promise<void>;
  stop(): void;
}

/** What every fixture has, whatever its store is. `db`: its part of the Redis that is the broker. */
async function sidecarBefore(
  storePort: number,
  { name, redisPort, db }: { name: string; redisPort: number; db: number },
  stateAt: (port: number) => string,
) {
  const proxy = await cuttingProxy(storePort);
  const topic = `crash${name}`;
  const appId = `${topic}-things`;
  const folder = join(home, `unit-${name}`);
  await rm(folder, { recursive: true, force: true });
  const address = { redisHost: `127.0.0.1:${redisPort}`, redisPassword: '' };
  const [child, port] = await sidecar(appId, folder, {
    state: stateAt(proxy.port),
    pubsub: component('pubsub', 'pubsub.redis', { ...address, redisDB: String(db) }),
    configuration: component('configuration', 'configuration.redis', { ...address, redisDB: '4' }),
  });
  const redis = new Redis({ port: redisPort, db });
  return {
    ...{ name, appId, port, cutPort: proxy.cutPort, redis },
    async published(): Promise<PublishedEvent[]> {
      const entries = await redis.xrange(topic, '-', '+');
      return entries.map(([, fields]) => JSON.parse(fields[fields.indexOf('data') + 1] ?? 'null') as PublishedEvent);
    },
    stop() {
      redis.disconnect();
      child.kill('SIGKILL');
      proxy.close();
    },
  };
}

/** Redis as the store, which is the broker, too. */
export async function redisStore(redisPort: number): Promise<StoreFixture> {
  const own = await sidecarBefore(redisPort, { name: 'redis', redisPort, db: 2 }, (port) =>
    component('state', 'state.redis', { redisHost: `127.0.0.1:${port}`, redisPassword: '', redisDB: '2' }),
  );
  const { appId, redis } = own;
  return {
    ...own,
    async look() {
      const documents = new Map<string, Document>();
      for (const key of await redis.keys(`${appId}||*`))
        documents.set(key.slice(appId.length + 2), JSON.parse((await redis.hget(key, 'data')) ?? 'null') as Document);
      return { appId, documents, published: await own.published() };
    },
    clear: async () => void (await redis.flushdb()),
  };
}

/** MySQL as the store, with Redis as the broker. */
export async function mysqlStore(
  redisPort: number,
  mysql: { host: string; port: number; user: string; password: string },
): Promise<StoreFixture> {
  const connection = await createConnection(mysql);
  await connection.query('CREATE DATABASE IF NOT EXISTS crash CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
  const own = await sidecarBefore(mysql.port, { name: 'mysql', redisPort, db: 3 }, (port) =>
    component('state', 'state.mysql', {
      connectionString: `${mysql.user}:${mysql.password}@tcp(127.0.0.1:${port})/?allowNativePasswords=true&interpolateParams=true`,
      schemaName: 'crash',
      tableName: 'state',
      metadataTableName: 'dapr_metadata',
    }),
  );
  const { appId, redis } = own;
  return {
    ...own,
    async look() {
      // As text: where a document is a text itself (numbers that are gone), one that is parsed already looks like one that is not.
      const [rows] = await connection.query<RowDataPacket[]>('SELECT id, CAST(value AS CHAR) AS text FROM crash.state');
      const documents = new Map(
        rows.map(({ id, text }) => [String(id).slice(appId.length + 2), JSON.parse(String(text)) as Document]),
      );
      return { appId, documents, published: await own.published() };
    },
    async clear() {
      await redis.flushdb();
      await connection.query('DELETE FROM crash.state');
    },
    stop() {
      own.stop();
      connection.destroy();
    },
  };
}
