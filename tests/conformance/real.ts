/** daprd with real stores and brokers, each beside a probe app in this process. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import type { Express } from 'express';
import { Redis } from 'ioredis';
import { httpTransport } from '../../services/kit/index.ts';
import {
  CALLEE,
  CALLEE_FAILURES,
  CALLEE_TIMEOUT_MS,
  CONFIGURATION,
  calleeApp,
  PARSED_TOPIC,
  ProbeApp,
  RAW_TOPIC,
  Subject,
} from '../../services/kit/testing/conformance/index.ts';
import type { BrokerKind, StoreKind } from '../../services/kit/testing/index.ts';
import { infrastructure } from '../../tools/run/infrastructure/infra.ts';
import { makeTables } from '../../tools/run/infrastructure/prepare.ts';
import { type Rendered, renderComponents } from '../../tools/run/infrastructure/render.ts';
import { freePort, home } from '../../tools/run/paths.ts';
import type { Addresses } from '../../tools/run/process.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { Child } from '../../tools/run/supervisor/child.ts';
import { sidecarSpec } from '../../tools/run/supervisor/services.ts';
import { component } from '../harness/component.ts';

const CONFIGURATION_DB = 9;

/** The kinds that are looked at: each store once, each broker once (SQLite's sidecar has Redis streams of its own). */
export const KINDS: readonly { store: StoreKind; broker: BrokerKind }[] = [
  { store: 'redis', broker: 'redis' },
  { store: 'mysql', broker: 'kafka' },
  { store: 'sqlite', broker: 'redis' },
];

const STATE = (at: Addresses, folder: string): Record<StoreKind, Record<string, string>> => ({
  redis: { redisHost: `${at.redis.host}:${at.redis.port}`, redisPassword: '' },
  mysql: {
    connectionString: `${at.mysql?.user}:${at.mysql?.password}@tcp(${at.mysql?.host}:${at.mysql?.port})/?allowNativePasswords=true&interpolateParams=true`,
    schemaName: 'probe',
  },
  sqlite: { connectionString: join(folder, 'state.db'), busyTimeout: '5s' },
});

/** As in components/light and components/full. */
const PUBSUB = (at: Addresses, consumerID: string): Record<BrokerKind, Record<string, string>> => ({
  redis: {
    redisHost: `${at.redis.host}:${at.redis.port}`,
    redisPassword: '',
    concurrency: '100',
    queueDepth: '200',
    processingTimeout: '5000',
    redeliverInterval: '1000',
    consumerID,
  },
  kafka: {
    brokers: at.kafka?.join(',') ?? '',
    authType: 'none',
    version: '3.6.0',
    initialOffset: 'oldest',
    producerRequiredAcks: 'all',
    consumeRetryEnabled: 'true',
    backOffPolicy: 'constant',
    backOffDuration: '1s',
    backOffMaxRetries: '-1',
    consumerID,
  },
});

const RESILIENCY = JSON.stringify({
  apiVersion: 'dapr.io/v1alpha1',
  kind: 'Resiliency',
  metadata: { name: 'probe' },
  spec: {
    policies: {
      timeouts: { callee: `${CALLEE_TIMEOUT_MS}ms` },
      retries: { again: { policy: 'constant', duration: '1s', maxRetries: 6 } },
      circuitBreakers: {
        callee: { maxRequests: 1, timeout: '60s', trip: `consecutiveFailures >= ${CALLEE_FAILURES}` },
      },
    },
    targets: {
      apps: { [CALLEE]: { timeout: 'callee', circuitBreaker: 'callee' } },
      components: { 'probe-pubsub': { inbound: { retry: 'again' } } },
    },
  },
});

interface ProbeSidecar {
  readonly http: number;
  readonly listen: () => Promise<void>;
  readonly silence: () => Promise<void>;
}

/** Makes tables and topics, and puts the configuration in place. */
async function prepare(addresses: Addresses): Promise<void> {
  const { mysql, kafka } = addresses;
  if (!mysql || !kafka) throw new Error('no MySQL or Kafka');
  await makeTables(mysql, [{ schema: 'probe', table: 'state', metadataTable: 'dapr_metadata' }]);
  const admin = new Admin({ clientId: 'probe', bootstrapBrokers: kafka });
  const there = await admin.listTopics();
  for (const topic of [RAW_TOPIC, PARSED_TOPIC])
    if (!there.includes(topic)) await admin.createTopics({ topics: [topic], partitions: 4, replicas: 1 });
  await admin.close();
  for (const [key, value] of Object.entries(CONFIGURATION)) await configure(addresses, key, value);
}

/** Changes a key of the configuration store. */
async function configure({ redis: at }: Addresses, key: string, value: string): Promise<void> {
  const redis = new Redis({ ...at, db: CONFIGURATION_DB });
  await redis.set(key, `${value}||1`);
  redis.disconnect();
}

/** Starts everything, once for all cases. */
export class Real {
  private readonly children: Child[] = [];
  private readonly servers: Server[] = [];
  readonly subjects: Subject[] = [];

  async start(): Promise<void> {
    // Whatever goes wrong, nothing is left running.
    process.once('exit', () => {
      for (const child of this.children) child.kill();
    });
    const { specs, addresses } = await infrastructure('full', [], () => undefined);
    for (const spec of specs) this.run(new Child(spec, join(home, 'logs', `${spec.id}.log`)));
    for (const child of this.children) await child.whenHealthy(60_000);
    await prepare(addresses);
    const rendered = await renderComponents('full', [], addresses);
    const callee = await this.sidecarOf(CALLEE, calleeApp(), rendered, {});
    for (const kind of KINDS) this.subjects.push(await this.subjectOf(kind, callee, rendered, addresses));
  }

  async stop(): Promise<void> {
    for (const { options } of this.subjects) await options.transport.close();
    for (const child of [...this.children].reverse()) await child.stop();
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  /** A probe beside a sidecar with this store and this broker. */
  private async subjectOf(
    { store, broker }: (typeof KINDS)[number],
    callee: ProbeSidecar,
    rendered: Rendered,
    addresses: Addresses,
  ): Promise<Subject> {
    const probe = new ProbeApp();
    const group = `probe-${store}`;
    const { redis: at } = addresses;
    const { http } = await this.sidecarOf('probe-caller', probe.app, rendered, {
      state: [`state.${store}`, (folder) => STATE(addresses, folder)[store]],
      pubsub: [`pubsub.${broker}`, () => PUBSUB(addresses, group)[broker]],
      configuration: [
        'configuration.redis',
        () => ({ redisHost: `${at.host}:${at.port}`, redisPassword: '', redisDB: String(CONFIGURATION_DB) }),
      ],
    });
    return new Subject({
      store,
      broker,
      probe,
      transport: httpTransport(http),
      run: `run${Date.now().toString(36)}${store.slice(0, 3)}`,
      configure: (key, value) => configure(addresses, key, value),
      deliver: () => sleep(20),
      pass: (ms) => sleep(ms),
      async withoutCallee(work) {
        await callee.silence();
        try {
          return await work();
        } finally {
          await callee.listen();
        }
      },
    });
  }

  private run(child: Child): Child {
    this.children.push(child);
    child.start();
    return child;
  }

  private async sidecarOf(
    appId: string,
    app: Express,
    rendered: Rendered,
    components: Record<string, readonly [string, (folder: string) => Record<string, string>]>,
  ): Promise<ProbeSidecar> {
    const number = this.servers.length + 1;
    const folder = join(home, 'conformance', String(number));
    await mkdir(folder, { recursive: true });
    for (const [kind, [type, metadata]] of Object.entries(components))
      await writeFile(join(folder, `${kind}.yaml`), component(`probe-${kind}`, type, metadata(folder)));
    await writeFile(join(folder, 'resiliency.yaml'), RESILIENCY);
    const server = createServer(app);
    this.servers.push(server);
    const port = await freePort();
    const listen = (): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
    await listen();
    const [http, grpc, internal, metrics] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const ports = { app: port, http, grpc, internal, metrics };
    const service = { system: 'probe', name: appId, appId, command: [], cwd: home, env: {}, ports, sidecarFlags: [] };
    const { command } = await daprd(() => undefined);
    const spec = sidecarSpec({ service, number, ports }, command, { ...rendered, resourcesPaths: [folder] });
    await this.run(new Child(spec, join(home, 'logs', `${spec.id}.log`))).whenHealthy(60_000);
    return {
      http,
      listen,
      silence: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }
}
