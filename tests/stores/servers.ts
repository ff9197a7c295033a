/** Redis, Kafka and MariaDB as others run them: TLS with an authority of their own, and users who may do little. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AclOperations, AclPermissionTypes, Admin, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka';
import { parseAllDocuments } from 'yaml';
import { kafkaAnswers, makeTables, redisAnswers } from '../../tools/run/infrastructure/prepare.ts';
import { freePort } from '../../tools/run/paths.ts';
import type { ProcessSpec } from '../../tools/run/process.ts';
import { commandLine, listenAddress } from '../../tools/run/provision/container.ts';
import { javaOptions, kafka, kafkaArguments, kafkaProperties, kafkaTemplate } from '../../tools/run/provision/kafka.ts';
import { asUser, mysql, mysqlTemplate, redoLog } from '../../tools/run/provision/mysql.ts';
import { redis } from '../../tools/run/provision/redis.ts';
import { run } from '../../tools/run/provision/ways.ts';
import { chart } from '../chart/helm.ts';
import type { Authority, Certificate } from './authority.ts';

export const HOST = 'localhost';
export const USER = 'madang';
/** With what connection strings are made of. */
export const PASSWORD = 'a-pass:word@here';
/** Logs in, and may do nothing. */
export const GUEST = 'guest';

const silent = (): void => undefined;
const infra = { kind: 'infra', stopSignal: 'SIGTERM', stopTimeoutMs: 10_000 } as const;

/** What the example of values says that the user of Redis needs. */
async function grantsOfRedis(): Promise<string> {
  const text = await readFile(join(chart, 'values/managed-redis.yaml'), 'utf8');
  return /ACL SETUSER \w+ on >\S+ (.*)/.exec(text)?.[1] ?? '';
}

async function redisServer(top: string, { key, certificate }: Certificate, ca: string): Promise<ProcessSpec> {
  const found = await redis(silent);
  const [port, folder] = [await freePort(), join(top, 'redis')];
  const file = join(folder, 'redis.conf');
  await mkdir(folder);
  const lines = [
    `port 0\ntls-port ${port}\nbind ${listenAddress(found)}\ntls-auth-clients no\nsave ""\ndir ${folder}`,
    `tls-key-file ${key}\ntls-cert-file ${certificate}\ntls-ca-cert-file ${ca}`,
    `user default off\nuser ${USER} on >${PASSWORD} ${await grantsOfRedis()}\nuser ${GUEST} on >${PASSWORD}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const server = { host: HOST, port, username: USER, password: PASSWORD };
  const trusted = { ca: await readFile(ca, 'utf8') };
  return {
    ...infra,
    id: 'redis',
    command: await commandLine(found, [file], { folder: top, ports: [port], name: `madang-stores-redis-${port}` }),
    env: found.env,
    cwd: folder,
    port,
    ready: () => redisAnswers({ ...server, tls: trusted }),
  };
}

async function mysqlServer(folder: string, { key, certificate }: Certificate, ca: string): Promise<ProcessSpec> {
  const found = await mysql(silent);
  const [port, data] = [await freePort(), join(folder, 'mysql')];
  await cp(await mysqlTemplate(found, silent), data, { recursive: true });
  const grants = [
    `CREATE USER '${USER}'@'%' IDENTIFIED BY '${PASSWORD}';`,
    `CREATE USER '${GUEST}'@'%' IDENTIFIED BY '${PASSWORD}';`,
    `GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON lecture.* TO '${USER}'@'%';`,
  ];
  await writeFile(join(data, 'init.sql'), `${grants.join('\n')}\n`);
  const args = [
    ...[`--datadir=${data}`, `--port=${port}`, `--bind-address=${listenAddress(found)}`, '--socket=mysql.sock'],
    ...[`--init-file=${data}/init.sql`, '--skip-name-resolve', '--skip-log-bin', '--loose-mysqlx=0', redoLog],
    ...[`--ssl-ca=${ca}`, `--ssl-key=${key}`, `--ssl-cert=${certificate}`, '--require-secure-transport=ON'],
    ...['--transaction-isolation=READ-COMMITTED', `--pid-file=${data}/mysql.pid`, ...asUser()],
  ];
  const server = { host: HOST, port, user: USER, password: PASSWORD, ssl: { ca: await readFile(ca, 'utf8') } };
  return {
    ...infra,
    id: 'mysql',
    command: await commandLine(found, args, { folder, ports: [port], name: `madang-stores-mysql-${port}` }),
    env: found.env,
    cwd: data,
    port,
    ready: () =>
      makeTables(server, []).then(
        () => true,
        () => false,
      ),
  };
}

/** A broker, and the door inside through which its owner gives rights. */
interface Broker {
  readonly spec: ProcessSpec;
  readonly inside: number;
}

async function kafkaServer(top: string, { both }: Certificate): Promise<Broker> {
  const found = await kafka(silent);
  const template = await kafkaTemplate(found, kafkaAnswers, silent);
  const [port, inside, controller] = [await freePort(), await freePort(), await freePort()];
  const [listen, folder] = [listenAddress(found), join(top, 'kafka')];
  const file = join(folder, 'server.properties');
  await mkdir(folder);
  const more = {
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENT:SASL_SSL',
    listeners: `BROKER://${listen}:${inside},CONTROLLER://127.0.0.1:${controller},CLIENT://${listen}:${port}`,
    'advertised.listeners': `BROKER://127.0.0.1:${inside},CLIENT://${HOST}:${port}`,
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'listener.name.client.scram-sha-512.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': both,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  };
  const lines = Object.entries(more).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, kafkaProperties({ folder, port: inside, controllers: [controller], listen }) + lines.join(''));
  const users = [USER, GUEST].flatMap((name) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${PASSWORD},iterations=4096]`,
  ]);
  const tool = ['kafka.tools.StorageTool', 'format', '-t', 'MadangMadangMadangMad0w', '-c', file, ...users];
  const format = [...javaOptions(template), ...tool];
  const { code, output } = await run(await commandLine(found, format, { folder: top, ports: [] }), { limitMs: 60_000 });
  if (code !== 0) throw new Error(output);
  const args = kafkaArguments(template, file);
  const spec: ProcessSpec = {
    ...infra,
    id: 'kafka',
    command: await commandLine(found, args, {
      folder: top,
      ports: [port, inside],
      name: `madang-stores-kafka-${port}`,
    }),
    env: found.env,
    cwd: folder,
    port,
    ready: () => kafkaAnswers({ host: '127.0.0.1', port: inside }),
  };
  return { spec, inside };
}

interface KafkaUser {
  kind: string;
  spec: { authorization: { acls: { resource: { type: 'topic' | 'group'; name: string }; operations: string[] }[] } };
}

/** Gives the user the rights that the example for Strimzi gives, and no others. */
async function grantAsInExample(inside: number): Promise<void> {
  const text = await readFile(join(chart, 'values/three-brokers.strimzi.yaml'), 'utf8');
  const all = parseAllDocuments(text).map((document) => document.toJS() as KafkaUser);
  const { acls } = all.find(({ kind }) => kind === 'KafkaUser')!.spec.authorization;
  const operation = (name: string) =>
    Object.entries(AclOperations).find(([label]) => label.replaceAll('_', '') === name.toUpperCase())![1];
  const admin = new Admin({ clientId: 'owner', bootstrapBrokers: [`127.0.0.1:${inside}`] });
  await admin.createAcls({
    creations: acls.flatMap(({ resource, operations }) =>
      operations.map((name) => ({
        resourceType: resource.type === 'topic' ? ResourceTypes.TOPIC : ResourceTypes.GROUP,
        resourceName: resource.name,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: `User:${USER}`,
        host: '*',
        operation: operation(name),
        permissionType: AclPermissionTypes.ALLOW,
      })),
    ),
  });
  await admin.close();
}

export interface Servers {
  readonly specs: readonly ProcessSpec[];
  /** host:port of each. */
  readonly redis: string;
  readonly kafka: string;
  readonly mysql: string;
  /** Once they run: what their owner does. */
  grant(): Promise<void>;
}

/** Servers that show certificates of this authority; their data is in the folder. */
export async function serversOf(folder: string, authority: Authority): Promise<Servers> {
  const certificate = await authority.sign(HOST);
  const ca = join(folder, 'authority.crt');
  const [redisAt, mysqlAt, broker] = await Promise.all([
    redisServer(folder, certificate, ca),
    mysqlServer(folder, certificate, ca),
    kafkaServer(folder, certificate),
  ]);
  return {
    specs: [redisAt, mysqlAt, broker.spec],
    redis: `${HOST}:${redisAt.port}`,
    kafka: `${HOST}:${broker.spec.port}`,
    mysql: `${HOST}:${mysqlAt.port}`,
    grant: () => grantAsInExample(broker.inside),
  };
}
