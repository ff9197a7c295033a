import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { types } from 'node:util';
import type { Brokers, Mechanism, MysqlServer, RedisServer, Tls } from '../run/infrastructure/prepare.ts';
import type { Topics } from '../run/provision/kafka.ts';

/** The servers that `prepare` talks to, from the variables that the chart gives it, and what their refusals mean. */

type Env = Readonly<Record<string, string | undefined>>;
export type Server = 'Redis' | 'Kafka' | 'MySQL';

const addressOf = (text: string): { host: string; port: number } => {
  const [, host = '', port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text) ?? [];
  return { host, port: Number(port) };
};

/** With the authority's file, which is read now, so that a certificate that is renewed counts at the next start. */
const tlsOf = (file: string | undefined): Tls => (file ? { ca: readFileSync(file, 'utf8') } : {});

/** REDIS (host:port), and REDIS_USERNAME, REDIS_PASSWORD, REDIS_TLS (`true`), REDIS_CA (a file) where they are given. */
export function redisFrom(env: Env): RedisServer {
  const at = addressOf(env.REDIS ?? '');
  // Told as sidecars tell it: servers behind one address choose their certificate by it.
  const servername = isIP(at.host) ? {} : { servername: at.host };
  return {
    ...at,
    ...(env.REDIS_USERNAME ? { username: env.REDIS_USERNAME } : {}),
    ...(env.REDIS_PASSWORD ? { password: env.REDIS_PASSWORD } : {}),
    ...(env.REDIS_TLS === 'true' ? { tls: { ...tlsOf(env.REDIS_CA), ...servername } } : {}),
  };
}

/** KAFKA (host:port,...), and KAFKA_MECHANISM, _USERNAME, _PASSWORD, KAFKA_TLS (`true`), KAFKA_CA (a file). */
export const brokersFrom = (env: Env): Brokers => ({
  bootstrapBrokers: (env.KAFKA ?? '').split(','),
  ...(env.KAFKA_MECHANISM
    ? {
        sasl: {
          mechanism: env.KAFKA_MECHANISM as Mechanism,
          username: env.KAFKA_USERNAME ?? '',
          password: env.KAFKA_PASSWORD ?? '',
        },
      }
    : {}),
  ...(env.KAFKA_TLS === 'true' ? { tls: tlsOf(env.KAFKA_CA) } : {}),
});

export const topicsFrom = (env: Env): Topics => ({
  partitions: Number(env.KAFKA_PARTITIONS ?? 4),
  replicas: Number(env.KAFKA_REPLICATION ?? 1),
  minInSync: Number(env.KAFKA_MIN_IN_SYNC ?? 1),
});

/**
 * MYSQL, the connection string that Dapr's component takes (`user:password@tcp(host:port)/?tls=true`), and MYSQL_CA (a file).
 * @throws Error with a sentence that shows no part of the string, since the password is in it
 */
export function mysqlFrom(env: Env): MysqlServer {
  const pattern = /^([^:@]+):(.*)@tcp\((\[[^\]]+\]|[^:)]+):(\d+)\)\/[^?]*(?:\?(.*))?$/;
  const [, user, password = '', host, port, query] = pattern.exec(env.MYSQL ?? '') ?? [];
  if (!user || !host) throw new Error('The connection string of MySQL must be user:password@tcp(host:port)/?...');
  const server = { user, password, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  const tls = new URLSearchParams(query).get('tls') ?? 'false';
  if (tls === 'false' || tls === 'preferred') return server;
  const trusting = tls === 'skip-verify';
  // Its client would look for "localhost" in the certificate.
  if (!trusting && isIP(server.host))
    throw new Error('MySQL with TLS must be called by its host name: the certificate of an address cannot be checked.');
  return { ...server, ssl: { ...tlsOf(env.MYSQL_CA), rejectUnauthorized: !trusting, verifyIdentity: !trusting } };
}

/** An error with all that it wraps. Other than `instanceof` it knows those of Node.js itself in a test, too. */
const within = (error: unknown): Error[] =>
  types.isNativeError(error)
    ? [error, ...within(error.cause), ...('errors' in error ? [error.errors].flat().flatMap(within) : [])]
    : [];

const STRING = 'the connection string in mysql.connectionSecret';
const SETTINGS = {
  Redis: { address: 'redis.address', login: 'redis.username and redis.passwordSecret', tls: 'redis.tls' },
  Kafka: { address: 'kafka.address', login: 'kafka.auth', tls: 'kafka.tls' },
  MySQL: { address: STRING, login: STRING, tls: 'mysql.tls' },
};
const REFUSALS: [pattern: RegExp, sentence: (server: Server) => string][] = [
  [
    // MariaDB answers so to all who come without TLS, too, where it wants that.
    /ER_ACCESS_DENIED_ERROR/,
    (server) => `refuses the login: user or password is wrong, or tls=true is missing; see ${SETTINGS[server].login}`,
  ],
  [
    /WRONGPASS|SASL_AUTHENTICATION_FAILED|SASL authentication failed/,
    (server) => `refuses the login: user or password is wrong; see ${SETTINGS[server].login}`,
  ],
  [/NOAUTH/, (server) => `asks for a password; name its Secret in ${SETTINGS[server].login}`],
  [
    /Cannot find a suitable SASL mechanism|UNSUPPORTED_SASL_MECHANISM/,
    () => 'does not know this way to log in; see kafka.auth.mechanism',
  ],
  [
    // The client of MySQL has a code of its own for all of TLS, and the cause in its message.
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|self-signed certificate|unable to (verify|get)/,
    (server) => `has a certificate of an unknown authority; name its Secret in ${SETTINGS[server].tls}.caSecret`,
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames/,
    () => 'has a certificate for another host name than the one it is called by',
  ],
  [/CERT_HAS_EXPIRED|certificate has expired/, () => 'has a certificate that has expired'],
  [/HANDSHAKE_NO_SSL_SUPPORT|EPROTO|WRONG_VERSION_NUMBER/, () => 'does not speak TLS at this port'],
  [/ER_SECURE_TRANSPORT_REQUIRED/, () => 'takes only TLS; add tls=true to the connection string'],
  [
    /NOPERM|ER_DBACCESS_DENIED_ERROR|ER_TABLEACCESS_DENIED_ERROR|_AUTHORIZATION_FAILED/,
    () => 'does not let this user make what is missing; grant it, or make it yourself and set prepare.enabled to false',
  ],
];

const ABSENCES: [pattern: RegExp, sentence: (address: string) => string][] = [
  [/ENOTFOUND|EAI_AGAIN/, (address) => `its host name is not known; see ${address}`],
  [/ECONNREFUSED/, (address) => `nothing listens there; see ${address}`],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timed out/i,
    (address) => `no answer comes; see ${address} and firewalls on the way`,
  ],
  [
    /ECONNRESET|socket hang up|Connection (is )?closed|PROTOCOL_CONNECTION_LOST/i,
    () => 'it ends the connection; perhaps it wants TLS',
  ],
  [/INVALID_REPLICATION_FACTOR/, () => 'there are fewer brokers than copies of a topic; see kafka.topics.replication'],
];

/** Name, code and message of an error and of all that it wraps. */
const textsOf = (error: unknown): string[] =>
  within(error).map((one) => {
    const { code = '', apiId = '', name, message } = one as Error & { code?: string; apiId?: string };
    return `${name} ${code} ${apiId} ${message}`;
  });

const sentenceFor = <T>(all: [RegExp, (of: T) => string][], error: unknown): ((of: T) => string) | undefined => {
  const texts = textsOf(error);
  return all.find(([pattern]) => texts.some((text) => pattern.test(text)))?.[1];
};

/**
 * What only a person can mend, in one sentence without an address or a password.
 * @returns undefined where waiting may help: a server that is not up yet
 */
export function refusalOf(server: Server, error: unknown): string | undefined {
  const sentence = sentenceFor(REFUSALS, error);
  return sentence && `${server} ${sentence(server)}.`;
}

/** Why a server that may still come is not there, in words without an address or a password; else as its client says it. */
export const absenceOf = (server: Server, error: unknown): string =>
  sentenceFor(ABSENCES, error)?.(SETTINGS[server].address) ?? messageOf(error);

export const messageOf = (error: unknown): string => (types.isNativeError(error) ? error.message : String(error));
