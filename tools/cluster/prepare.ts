import { readFile } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTables, pingRedis, prepareKafka } from '../run/infrastructure/prepare.ts';
import {
  absenceOf,
  brokersFrom,
  messageOf,
  mysqlFrom,
  redisFrom,
  refusalOf,
  type Server,
  topicsFrom,
} from './servers.ts';

const LIMIT_MS = 300_000;

/** How long a pod waits for the settings that it was made for. A pod of a version before finds newer ones, and has to start. */
const SETTLED_MS = 30_000;

/**
 * Asks the cluster for a resource of Dapr, as the pod's own account.
 * @returns the mark of its settings (the chart's annotation `madang/settings`)
 * @throws Error: it is not there
 */
async function markOf(resource: string): Promise<string | undefined> {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  const [ca, token, namespace] = await Promise.all(
    ['ca.crt', 'token', 'namespace'].map((name) => readFile(`${account}/${name}`, 'utf8')),
  );
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  const path = `/apis/dapr.io/v1alpha1/namespaces/${namespace}/${resource}`;
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    get({ host, port, path, ca, headers: { authorization: `Bearer ${token}` }, timeout: 5000 }, done)
      .once('timeout', function (this: ClientRequest) {
        this.destroy(new Error('the API server does not answer'));
      })
      .once('error', fail);
  });
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${resource}: ${answer.statusCode}`);
  const { metadata } = JSON.parse(body) as { metadata: { annotations?: Record<string, string> } };
  return metadata.annotations?.['madang/settings'];
}

/** What `prepare` is told, and how it tells of itself. */
export interface Preparing {
  /** DAPR (kind/name,...), MARKS (JSON: mark by kind/name), REDIS, KAFKA, MYSQL, TABLES (database.table.table), and how to log in (servers.ts). */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  /** How long, in milliseconds, servers may take to come up. */
  readonly limitMs: number;
  /** The mark of the settings of a resource of Dapr; fails while it is not there. */
  readonly markOf: (resource: string) => Promise<string | undefined>;
}

/**
 * Waits for what DAPR, REDIS, KAFKA and MYSQL name, and makes the system's topics and the tables of TABLES.
 * @throws Error with one sentence: at once where no waiting mends what is wrong, else after the limit
 */
export async function prepare(system: string, { env, say, limitMs, markOf }: Preparing): Promise<void> {
  /** Tries a step until it works: what it needs is still starting, or another pod makes the same at this moment. */
  async function insist(what: string, step: () => Promise<unknown>, server?: Server): Promise<void> {
    const began = Date.now();
    for (let said = ''; ; ) {
      try {
        await step();
        say(`${what}: ready after ${Date.now() - began} ms`);
        return;
      } catch (error) {
        const refusal = server && refusalOf(server, error);
        if (refusal) throw new Error(refusal);
        const why = server ? absenceOf(server, error) : messageOf(error);
        if (Date.now() - began > limitMs) throw new Error(`${what} is not ready after ${limitMs / 1000} s: ${why}.`);
        if (why !== said) say(`${what}: waiting (${why})`);
        said = why;
        await sleep(500);
      }
    }
  }
  // A variable of their own: images of before know DAPR, and would ask for a resource of that name.
  const marks = JSON.parse(env.MARKS ?? '{}') as Readonly<Record<string, string>>;
  /** Waits until a resource of Dapr is there, and for a while until its settings are those of this pod. */
  async function settle(resource: string): Promise<void> {
    let end: number | undefined;
    await insist(resource, async () => {
      const mark = await markOf(resource);
      if (mark === (marks[resource] ?? mark)) return;
      end ??= Date.now() + Math.min(limitMs, SETTLED_MS);
      if (Date.now() < end) throw new Error('its settings are not those this pod was made for');
      say(`${resource}: goes on with other settings than those this pod was made for`);
    });
  }
  const reach = (server: Server, step: () => Promise<unknown>): Promise<void> => insist(server, step, server);
  const tables = (env.TABLES ?? '').split(',').map((names) => {
    const [schema = '', table = '', metadataTable = ''] = names.split('.');
    return { schema, table, metadataTable };
  });
  const redis = env.REDIS && redisFrom(env);
  const brokers = env.KAFKA && brokersFrom(env);
  const mysql = env.MYSQL && mysqlFrom(env);
  await Promise.all([
    ...(env.DAPR?.split(',') ?? []).map(settle),
    redis && reach('Redis', () => pingRedis(redis)),
    brokers && reach('Kafka', () => prepareKafka(brokers, [system], topicsFrom(env))),
    mysql && reach('MySQL', () => makeTables(mysql, tables)),
  ]);
}

/** `prepare <system>`, as the init container of a pod. */
export async function main([system = '']: string[]): Promise<number> {
  try {
    await prepare(system, {
      env: process.env,
      say: (line) => void process.stdout.write(`${line}\n`),
      limitMs: LIMIT_MS,
      markOf,
    });
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}
