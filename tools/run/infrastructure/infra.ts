import { constants } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { freePort, home, isListening, portOffset } from '../paths.ts';
import type { Addresses, ProcessSpec, Profile, Progress } from '../process.ts';
import { commandLine, listenAddress } from '../provision/container.ts';
import { kafka, kafkaArguments, kafkaProperties, kafkaTemplate, metaOf } from '../provision/kafka.ts';
import { asUser, mysql, mysqlTemplate, redoLog } from '../provision/mysql.ts';
import { redis } from '../provision/redis.ts';
import { exists, makeOnce, Unavailable } from '../provision/ways.ts';
import { kafkaAnswers, mysqlAnswers, prepareKafka, prepareMysql, prepareRedis, redisAnswers } from './prepare.ts';

const local = '127.0.0.1';
// On 127.0.0.1 only, and not a secret: made for a database of a developer's machine.
const account = { user: 'madang', password: 'madang' };

export interface Infrastructure {
  specs: ProcessSpec[];
  addresses: Addresses;
  /** To be called when all are ready: makes databases, tables and topics, and puts the configuration in place. */
  prepare(): Promise<void>;
}

/** Names of containers differ between clones, since two may run at once. */
const containerName = (id: string, port: number) => `madang-${basename(join(home, '..'))}-${id}-${port}`;

/** `[user:password@]host:port` of something that already runs. @throws Unavailable when nothing answers there */
async function running(variable: string) {
  const text = process.env[variable];
  if (!text) return undefined;
  const [, user, password, host, port] = /^(?:([^:@]+):([^@]*)@)?([^:@/]+):(\d+)$/.exec(text) ?? [];
  if (!host || Number(port) > 65_535) throw new Unavailable(`${variable} is "${text}": write it as host:port.`);
  if (!(await isListening(Number(port), host)))
    throw new Unavailable(
      `Nothing answers at ${host}:${port}, which ${variable} names: start it, or leave ${variable} out.`,
    );
  return { host, port: Number(port), user: user ?? account.user, password: password ?? account.password };
}

async function redisProcess(profile: Profile, progress: Progress): Promise<ProcessSpec> {
  const found = await redis(progress);
  // Each profile its own data: their stores share key names.
  const folder = join(home, 'data', profile, 'redis');
  await mkdir(folder, { recursive: true });
  const port = await freePort(16379 + portOffset);
  const options = {
    port: String(port),
    bind: listenAddress(found),
    'protected-mode': 'no',
    dir: folder,
    // Every write reaches the kernel before its reply, so a killed process loses nothing. Not "everysec": that delays
    // the write, not the reply, while an fsync is under way.
    appendonly: 'yes',
    appendfsync: 'no',
    save: '',
    // The log grows by megabytes a second under load; its rewrite takes a processor for seconds.
    'auto-aof-rewrite-min-size': '512mb',
    'maxmemory-policy': 'noeviction',
    // What the configuration store needs to tell of changes.
    'notify-keyspace-events': 'Kg$xe',
    loglevel: 'warning',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return {
    id: 'redis',
    kind: 'infra',
    command: await commandLine(found, args, { folder, ports: [port], name: containerName('redis', port) }),
    env: found.env,
    cwd: folder,
    port,
    ready: () => redisAnswers({ host: local, port }),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
  };
}

/** How the server works, wherever its data is. */
const mysqlSettings = [
  '--skip-name-resolve',
  '--skip-log-bin',
  '--loose-mysqlx=0',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_bin',
  // 40 sidecars; each opens as many connections as it has calls under way.
  '--max-connections=1000',
  '--innodb-buffer-pool-size=128M',
  redoLog,
  '--performance-schema=OFF',
  // Without a log for replicas the numbers of rows need no lock over the whole table.
  '--innodb-autoinc-lock-mode=2',
  '--innodb-purge-threads=1',
  // A commit is written to the kernel before it is answered, flushed to disk once a second: a killed process loses
  // nothing, only a machine that loses power may lose the last second.
  '--innodb-flush-log-at-trx-commit=2',
  // The sidecar's transactions rest on ETags; gap locks would only make them deadlock.
  '--transaction-isolation=READ-COMMITTED',
];

async function mysqlProcess(progress: Progress): Promise<ProcessSpec> {
  const found = await mysql(progress);
  const folder = join(home, 'data/full/mysql');
  if (!(await exists(folder))) await copyTemplate(await mysqlTemplate(found, progress), folder);
  const port = await freePort(13306 + portOffset);
  const { user, password } = account;
  // Read at every start; the path is relative to the data directory.
  await writeFile(
    join(folder, 'init.sql'),
    `CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO '${user}'@'%';\n`,
  );
  const args = [
    `--datadir=${folder}`,
    `--port=${port}`,
    `--bind-address=${listenAddress(found)}`,
    // In the data directory: never the system's socket, and short enough for a socket's name whatever the path.
    '--socket=mysql.sock',
    `--pid-file=${folder}/mysql.pid`,
    `--init-file=${folder}/init.sql`,
    ...mysqlSettings,
    ...asUser(),
  ];
  return {
    id: 'mysql',
    kind: 'infra',
    command: await commandLine(found, args, { folder, ports: [port], name: containerName('mysql', port) }),
    env: found.env,
    cwd: folder,
    port,
    ready: () => mysqlAnswers({ host: local, port, ...account }),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 20_000,
  };
}

const brokerFolder = (id: string) => join(home, 'data/full', id);

/** As many brokers as are wanted; else as this home has the data of, which is nobody's without the others. */
async function brokersOf(wanted: number | undefined): Promise<number> {
  const there = (await exists(brokerFolder('kafka-1'))) ? 3 : (await exists(brokerFolder('kafka'))) ? 1 : undefined;
  if (wanted && there && wanted !== there)
    throw new Unavailable(
      `The events in ${join(home, 'data/full')} are those of ${there === 1 ? 'one broker' : 'three brokers'}: start with --brokers ${there}, or remove ${join(home, 'data')} and start from nothing.`,
    );
  return wanted ?? there ?? 1;
}

async function kafkaProcesses(wanted: number | undefined, progress: Progress): Promise<ProcessSpec[]> {
  const brokers = await brokersOf(wanted);
  const found = await kafka(progress);
  const template = await kafkaTemplate(found, kafkaAnswers, progress);
  const ports: number[] = [];
  const controllers: number[] = [];
  for (let n = 0; n < brokers; n++) {
    ports.push(await freePort(19092 + 2 * n + portOffset));
    controllers.push(await freePort(19093 + 2 * n + portOffset));
  }
  return Promise.all(
    ports.map(async (port, index): Promise<ProcessSpec> => {
      const number = index + 1;
      const id = brokers === 1 ? 'kafka' : `kafka-${number}`;
      const folder = brokerFolder(id);
      if (!(await exists(folder))) await copyTemplate(template.data, folder, (data) => belongTo(number, data));
      const properties = join(folder, 'server.properties');
      await writeFile(properties, kafkaProperties({ folder, port, controllers, number, listen: listenAddress(found) }));
      const command = await commandLine(found, kafkaArguments(template, properties, brokers), {
        folder,
        ports: [port],
        name: containerName(id, port),
      });
      return {
        id,
        kind: 'infra',
        command,
        env: found.env,
        cwd: folder,
        port,
        ready: () => kafkaAnswers({ host: local, port }),
        stopSignal: 'SIGTERM',
        stopTimeoutMs: 20_000,
      };
    }),
  );
}

async function belongTo(number: number, data: string): Promise<void> {
  const meta = join(data, 'log/meta.properties');
  if (number > 1) await writeFile(meta, metaOf(await readFile(meta, 'utf8'), number));
}

/** Complete or not at all, so that a start cut short does not leave half a data directory. */
async function copyTemplate(
  template: string,
  folder: string,
  change: (unfinished: string) => Promise<void> = async () => undefined,
): Promise<void> {
  await makeOnce(folder, async (unfinished) => {
    await cp(template, unfinished, { recursive: true, mode: constants.COPYFILE_FICLONE });
    await change(unfinished);
  });
}

/** @param brokers how many of Kafka, 1 or 3; undefined: as many as there were before, at first one */
export async function infrastructure(
  profile: Profile,
  systems: string[],
  progress: Progress,
  brokers?: number,
): Promise<Infrastructure> {
  const full = profile === 'full';
  const given = {
    redis: await running('MADANG_REDIS'),
    mysql: full ? await running('MADANG_MYSQL') : undefined,
    kafka: full ? await running('MADANG_KAFKA') : undefined,
  };
  if (brokers && !full) throw new Unavailable('--brokers is about Kafka, which is in --profile full.');
  if (brokers && given.kafka)
    throw new Unavailable('--brokers and MADANG_KAFKA exclude each other: those run already.');
  const [redisSpec, mysqlSpec, kafkaSpecs = []] = await Promise.all([
    given.redis ? undefined : redisProcess(profile, progress),
    full && !given.mysql ? mysqlProcess(progress) : undefined,
    full && !given.kafka ? kafkaProcesses(brokers, progress) : undefined,
  ]);
  const at = (spec: ProcessSpec | undefined, address: { host: string; port: number } | undefined) => ({
    host: address?.host ?? local,
    port: address?.port ?? spec?.port ?? 0,
  });
  const redisAt = at(redisSpec, given.redis);
  const addresses: Addresses = { redis: redisAt };
  if (full) {
    const { user, password } = given.mysql ?? account;
    addresses.mysql = { ...at(mysqlSpec, given.mysql), user, password };
    const brokersAt = given.kafka ? [given.kafka] : kafkaSpecs.map(({ port }) => ({ host: local, port }));
    addresses.kafka = brokersAt.map(({ host, port }) => `${host}:${port}`);
  }
  return {
    specs: [redisSpec, mysqlSpec, ...kafkaSpecs].filter((spec) => spec !== undefined),
    addresses,
    async prepare() {
      await Promise.all([
        prepareRedis(redisAt, profile, systems),
        addresses.mysql && prepareMysql(addresses.mysql, profile, systems),
        addresses.kafka && prepareKafka({ bootstrapBrokers: addresses.kafka }, systems),
      ]);
    },
  };
}
