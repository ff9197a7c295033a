import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cache, freePort, root } from '../paths.ts';
import type { Progress } from '../process.ts';
import { verifyAll } from './checksums.ts';
import { commandLine, container } from './container.ts';
import { exists, type Found, firstOf, makeOnce, run, sparse, Unavailable, type Way, which } from './ways.ts';

const pom = join(root, 'dapr/kafka/pom.xml');

/** The pom is the one place that names the version. */
async function pinned(): Promise<string> {
  return /kafka_[\d.]+<\/artifactId>\s*<version>([^<]+)</.exec(await readFile(pom, 'utf8'))?.[1] ?? '';
}

async function java(): Promise<{ path: string; version: string } | undefined> {
  const home = process.env.JAVA_HOME;
  const path = home && (await exists(join(home, 'bin/java'))) ? join(home, 'bin/java') : await which('java');
  if (!path) return undefined;
  const version = /version "([^"]+)"/.exec((await run([path, '-version'], { limitMs: 10_000 })).output)?.[1] ?? '';
  return Number.parseInt(version, 10) >= 11 ? { path, version } : undefined;
}

async function fromJars(jars: string, version: string): Promise<Found | undefined> {
  const found = (await exists(jars)) ? await java() : undefined;
  if (!found) return undefined;
  // Named one by one in a fixed order: a class archive is only valid for the same class path.
  const names = (await readdir(jars)).filter((name) => name.endsWith('.jar')).sort();
  const classPath = names.map((name) => join(jars, name)).join(':');
  return {
    name: 'Kafka',
    version,
    way: `Java ${found.version} with the jars in ${jars}`,
    command: [found.path, '-cp', classPath],
    env: {},
  };
}

const maven = (jars: string, version: string, progress: Progress): Way => ({
  name: 'Maven',
  async find(note) {
    if (!(await java())) {
      note('no Java 11 or later');
      return undefined;
    }
    if (!(await which('mvn'))) {
      note('no mvn');
      return undefined;
    }
    await makeOnce(jars, async (unfinished) => {
      progress(`downloading Kafka ${version} with Maven`);
      const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`];
      const onLine = sparse(progress, (lines) => `downloading Kafka ${version} (${lines} steps)`);
      const { code, output } = await run(['mvn', '-B', '--strict-checksums', '-f', pom, ...goal], {
        limitMs: 300_000,
        onLine,
      });
      if (code !== 0) throw new Error(output.split('\n').find((line) => line.includes('ERROR')) ?? 'mvn failed');
      await verifyAll(unfinished);
    });
    return fromJars(jars, version);
  },
});

export async function kafka(progress: Progress): Promise<Found> {
  const version = await pinned();
  const jars = join(cache, `kafka-${version}`);
  const inImage = ['java', '-cp', '/opt/kafka/libs/*'];
  return firstOf(
    [
      { name: 'cache', find: () => fromJars(jars, version) },
      container('Kafka', `apache/kafka:${version}`, inImage, progress),
      maven(jars, version, progress),
    ],
    'Kafka is missing: install Java 11 or later and Maven, start a container engine, or name a running broker with MADANG_KAFKA=host:port',
  );
}

interface Broker {
  folder: string;
  port: number;
  /** Of the controllers of all nodes, this one's among them; the first one's node has number 1. */
  controllers: readonly number[];
  /** Of this node. */
  number?: number;
  listen: string;
}

/** What a system's topic is made with. */
export interface Topics {
  readonly partitions: number;
  /** Copies, and how many of them must be written before a publisher has its answer. */
  readonly replicas: number;
  readonly minInSync: number;
}

/**
 * Of topics on so many brokers of this machine. Of three one may be away: what is told is on two of them before its
 * publisher has an answer, and each leads a partition.
 */
export const topicsOn = (brokers: number): Topics => ({
  partitions: Number(process.env.MADANG_PARTITIONS || Math.max(2, brokers)),
  replicas: brokers,
  minInSync: Math.max(1, brokers - 1),
});

/** What nodes need that know each other: another takes over from a killed one in seconds, also on a busy machine. */
const together = {
  'broker.session.timeout.ms': 3000,
  'broker.heartbeat.interval.ms': 500,
  'controller.quorum.fetch.timeout.ms': 3000,
  // A broker that ends together with the others would ask a majority that is gone.
  'controlled.shutdown.enable': false,
};

/** A node that is broker and controller, on this machine only. */
export const kafkaProperties = ({ folder, port, controllers, number = 1, listen }: Broker): string => {
  const { replicas, minInSync } = topicsOn(controllers.length);
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': number,
    'controller.quorum.voters': controllers.map((at, index) => `${index + 1}@127.0.0.1:${at}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'BROKER',
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `BROKER://${listen}:${port},CONTROLLER://127.0.0.1:${controllers[number - 1]}`,
    'advertised.listeners': `BROKER://127.0.0.1:${port}`,
    'log.dirs': join(folder, 'log'),
    // A mistyped topic is an error instead of a silent new one; the runner makes those of the systems.
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': minInSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync,
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 6000,
    // Events and positions stay: a service may be away for long.
    'log.retention.hours': -1,
    'offsets.retention.minutes': 525_600,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
    // A broker that was killed may register again when its former self is given up.
    'broker.session.timeout.ms': 1500,
    'broker.heartbeat.interval.ms': 300,
    ...(controllers.length > 1 ? together : {}),
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};

/** What says whose a data directory is, made from another node's: no two nodes may have the same number or directory. */
export function metaOf(other: string, number: number): string {
  const directory = Buffer.concat([Buffer.from([number]), randomBytes(15)]).toString('base64url');
  return other
    .replace(/^node\.id=.*$/m, `node.id=${number}`)
    .replace(/^directory\.id=.*$/m, `directory.id=${directory}`);
}

// Small and quick to start rather than fast under a load that one machine does not see.
const heap = { alone: '-Xmx512m', together: '-Xmx224m' };
const jvm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true', '-Xlog:disable'];

export interface Template {
  /** A formatted, empty data directory. */
  data: string;
  /** Options that start Java with the classes of a former run, in half the time; none where that does not work. */
  options: string[];
}

/** Whether the broker there answers; so that this folder needs no client of Kafka. */
type Answers = (address: { host: string; port: number }) => Promise<boolean>;

/** What the first start of a broker costs, done once and kept in the cache. */
export async function kafkaTemplate(found: Found, answers: Answers, progress: Progress): Promise<Template> {
  const runtime = /Java \S+/.exec(found.way)?.[0].toLowerCase().replace(' ', '-') ?? 'container';
  const template = await makeOnce(join(cache, `kafka-data-${found.version}-${runtime}`), async (unfinished) => {
    progress(`preparing Kafka ${found.version} (once)`);
    await mkdir(join(unfinished, 'training'), { recursive: true });
    const port = await freePort();
    const folder = join(unfinished, 'training');
    const properties = join(folder, 'server.properties');
    await writeFile(
      properties,
      kafkaProperties({ folder, port, controllers: [await freePort()], listen: '127.0.0.1' }),
    );
    const format = ['kafka.tools.StorageTool', 'format', '-t', 'MadangMadangMadangMad0w', '-c', properties];
    const line = await commandLine(found, [heap.alone, ...jvm, ...format], { folder: unfinished, ports: [] });
    const { code, output } = await run(line, { limitMs: 60_000 });
    if (code !== 0) {
      throw new Unavailable(`Kafka from ${found.way} could not be prepared: ${output.split('\n').at(-1)}`);
    }
    await cp(folder, join(unfinished, 'data'), { recursive: true });
    if (!found.image) await train(found, join(unfinished, 'classes.jsa'), properties, port, answers);
    await rm(folder, { recursive: true, force: true });
  });
  const archive = join(template, 'classes.jsa');
  const options = (await exists(archive)) ? ['-Xshare:auto', `-XX:SharedArchiveFile=${archive}`] : [];
  return { data: join(template, 'data'), options };
}

/** Runs a broker until it answers and lets Java keep the classes it loaded. */
async function train(found: Found, archive: string, properties: string, port: number, answers: Answers): Promise<void> {
  const [program = '', ...first] = found.command;
  const args = [heap.alone, ...jvm, `-XX:ArchiveClassesAtExit=${archive}`, ...first, 'kafka.Kafka', properties];
  const broker = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise((end) => {
    broker.once('error', end);
    broker.once('exit', end);
  });
  const deadline = Date.now() + 30_000;
  while (broker.exitCode === null && Date.now() < deadline && !(await answers({ host: '127.0.0.1', port }))) {
    await sleep(200);
  }
  broker.kill('SIGTERM');
  const giveUp = setTimeout(() => broker.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(giveUp);
}

/** What Java is told before the name of one of Kafka's programs. */
export const javaOptions = (template: Template, brokers = 1): string[] => [
  brokers === 1 ? heap.alone : heap.together,
  ...jvm,
  ...template.options,
];

export const kafkaArguments = (template: Template, properties: string, brokers = 1): string[] => [
  ...javaOptions(template, brokers),
  ...['kafka.Kafka', properties],
];
