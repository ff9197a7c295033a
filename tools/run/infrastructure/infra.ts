import { constants } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { freePort, home, portOffset } from '../paths.ts';
import type { Addresses, ProcessSpec, Profile, Progress } from '../process.ts';
import { kafka, kafkaArguments, kafkaProperties, kafkaTemplate } from '../provision/kafka.ts';
import { asUser, mysql, mysqlTemplate, redoLog } from '../provision/mysql.ts';
import { redis } from '../provision/redis.ts';
import { commandLine, exists, listenAddress, makeOnce, Unavailable } from '../provision/ways.ts';
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

/** `[user:password@]host:port` of something that already runs. */
function running(variable: string) {
  const text = process.env[variable];
  if (!text) return undefined;
  const [, user, password, host, port] = /^(?:([^:@]+):([^@]*)@)?([^:@/]+):(\d+)$/.exec(text) ?? [];
  if (!host) throw new Unavailable(`${variable} is "${text}": write it as host:port.`);
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

async function kafkaProcess(progress: Progress): Promise<ProcessSpec> {
  const found = await kafka(progress);
  const folder = join(home, 'data/full/kafka');
  const template = await kafkaTemplate(found, kafkaAnswers, progress);
  if (!(await exists(folder))) await copyTemplate(template.data, folder);
  const port = await freePort(19092 + portOffset);
  const controller = await freePort(19093 + portOffset);
  const properties = join(folder, 'server.properties');
  await writeFile(properties, kafkaProperties({ folder, port, controller, listen: listenAddress(found) }));
  const args = kafkaArguments(template, properties);
  return {
    id: 'kafka',
    kind: 'infra',
    command: await commandLine(found, args, { folder, ports: [port], name: containerName('kafka', port) }),
    env: found.env,
    cwd: folder,
    port,
    ready: () => kafkaAnswers({ host: local, port }),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 20_000,
  };
}

/** Complete or not at all, so that a start cut short does not leave half a data directory. */
async function copyTemplate(template: string, folder: string): Promise<void> {
  await makeOnce(folder, (unfinished) =>
    cp(template, unfinished, { recursive: true, mode: constants.COPYFILE_FICLONE }),
  );
}

export async function infrastructure(profile: Profile, systems: string[], progress: Progress): Promise<Infrastructure> {
  const given = {
    redis: running('MADANG_REDIS'),
    mysql: running('MADANG_MYSQL'),
    kafka: running('MADANG_KAFKA'),
  };
  const full = profile === 'full';
  const [redisSpec, mysqlSpec, kafkaSpec] = await Promise.all([
    given.redis ? undefined : redisProcess(profile, progress),
    full && !given.mysql ? mysqlProcess(progress) : undefined,
    full && !given.kafka ? kafkaProcess(progress) : undefined,
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
    addresses.kafka = at(kafkaSpec, given.kafka);
  }
  return {
    specs: [redisSpec, mysqlSpec, kafkaSpec].filter((spec) => spec !== undefined),
    addresses,
    async prepare() {
      await Promise.all([
        prepareRedis(redisAt, profile, systems),
        addresses.mysql && prepareMysql(addresses.mysql, profile, systems),
        addresses.kafka && prepareKafka(addresses.kafka, systems),
      ]);
    },
  };
}
