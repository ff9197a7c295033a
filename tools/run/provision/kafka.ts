import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cache, freePort, root } from '../paths.ts';
import type { Progress } from '../process.ts';
import { verifyAll } from './checksums.ts';
import {
  commandLine,
  container,
  exists,
  type Found,
  firstOf,
  makeOnce,
  run,
  sparse,
  Unavailable,
  type Way,
  which,
} from './ways.ts';

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
  controller: number;
  listen: string;
}

/** One node that is broker and controller, on this machine only. */
export const kafkaProperties = ({ folder, port, controller, listen }: Broker): string =>
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'BROKER',
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `BROKER://${listen}:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `BROKER://127.0.0.1:${port}`,
    'log.dirs': join(folder, 'log'),
    // A mistyped topic is an error instead of a silent new one; the runner makes those of the systems.
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
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
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

// Small and quick to start rather than fast under a load that one machine does not see.
const jvm = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true', '-Xlog:disable'];

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
    await writeFile(properties, kafkaProperties({ folder, port, controller: await freePort(), listen: '127.0.0.1' }));
    const format = ['kafka.tools.StorageTool', 'format', '-t', 'MadangMadangMadangMad0w', '-c', properties];
    const line = await commandLine(found, [...jvm, ...format], { folder: unfinished, ports: [] });
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
  const args = [...jvm, `-XX:ArchiveClassesAtExit=${archive}`, ...first, 'kafka.Kafka', properties];
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
export const javaOptions = (template: Template): string[] => [...jvm, ...template.options];

export const kafkaArguments = (template: Template, properties: string): string[] => [
  ...javaOptions(template),
  ...['kafka.Kafka', properties],
];
