import { readFile } from 'node:fs/promises';
import type { ClientRequest } from 'node:http';
import { get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTables, pingRedis, prepareKafka } from '../run/infrastructure/prepare.ts';
import { brokersFrom, mysqlFrom, redisFrom, refusalOf, type Server, topicsFrom } from './servers.ts';

const LIMIT_MS = 300_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Asks the cluster whether a resource of Dapr's is there, as the pod's own account. */
async function isThere(resource: string): Promise<void> {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  const [ca, token, namespace] = await Promise.all(
    ['ca.crt', 'token', 'namespace'].map((name) => readFile(`${account}/${name}`, 'utf8')),
  );
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  const path = `/apis/dapr.io/v1alpha1/namespaces/${namespace}/${resource}`;
  const status = await new Promise<number | undefined>((done, fail) => {
    get({ host, port, path, ca, headers: { authorization: `Bearer ${token}` }, timeout: 5000 }, (response) => {
      response.resume();
      done(response.statusCode);
    })
      .once('timeout', function (this: ClientRequest) {
        this.destroy(new Error('the API server does not answer'));
      })
      .once('error', fail);
  });
  if (status !== 200) throw new Error(`${resource}: ${status}`);
}

/**
 * Tries a step until it works: what it needs is still starting, or another pod makes the same at this moment.
 * @throws Error with a sentence at once when a server refuses for a reason that no waiting mends
 */
async function insist(what: string, step: () => Promise<unknown>, server?: Server): Promise<void> {
  const began = Date.now();
  for (let said = ''; ; ) {
    try {
      await step();
      print(`${what}: ready after ${Date.now() - began} ms`);
      return;
    } catch (error) {
      const refusal = server && refusalOf(server, error);
      if (refusal) throw new Error(refusal);
      const why = error instanceof Error ? error.message : String(error);
      if (Date.now() - began > LIMIT_MS) throw new Error(`${what} is not ready after ${LIMIT_MS / 1000} s: ${why}`);
      if (why !== said) print(`${what}: waiting (${why})`);
      said = why;
      await sleep(500);
    }
  }
}

const reach = (server: Server, step: () => Promise<unknown>): Promise<void> => insist(server, step, server);

/**
 * `prepare <system>`: waits for what DAPR, REDIS, KAFKA and MYSQL name, logs in as the other variables say (servers.ts), and
 * makes topics and the tables of TABLES (database.table.table).
 */
export async function main([system = '']: string[]): Promise<number> {
  const { env } = process;
  const { DAPR, REDIS, KAFKA, MYSQL, TABLES = '' } = env;
  const tables = TABLES.split(',').map((names) => {
    const [schema = '', table = '', metadataTable = ''] = names.split('.');
    return { schema, table, metadataTable };
  });
  try {
    const redis = REDIS && redisFrom(env);
    const brokers = KAFKA && brokersFrom(env);
    const mysql = MYSQL && mysqlFrom(env);
    await Promise.all([
      ...(DAPR?.split(',') ?? []).map((resource) => insist(resource, () => isThere(resource))),
      redis && reach('Redis', () => pingRedis(redis)),
      brokers && reach('Kafka', () => prepareKafka(brokers, [system], topicsFrom(env))),
      mysql && reach('MySQL', () => makeTables(mysql, tables)),
    ]);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
