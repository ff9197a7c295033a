import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pingRedis } from '../run/infrastructure/prepare.ts';
import { absenceOf, brokersFrom, mysqlFrom, redisFrom, refusalOf, topicsFrom } from './servers.ts';

const authority = join(tmpdir(), `madang-authority-${process.pid}.crt`);
beforeAll(() => writeFile(authority, 'PEM'));

describe('the servers, as the chart names them', () => {
  test('given user, password and authority, when Redis is named, then it is spoken to so', () => {
    const env = { REDIS: 'r:6380', REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p', REDIS_TLS: 'true', REDIS_CA: authority };
    const tls = { ca: 'PEM', servername: 'r' };
    expect(redisFrom(env)).toEqual({ host: 'r', port: 6380, username: 'u', password: 'p', tls });
    expect(redisFrom({ REDIS: '10.0.0.1:6380', REDIS_TLS: 'true' }).tls).toEqual({});
    expect(redisFrom({ REDIS: 'r:6379', REDIS_USERNAME: '', REDIS_TLS: 'false' })).toEqual({ host: 'r', port: 6379 });
    expect(redisFrom({ REDIS: '[fd00::1]:6379' })).toEqual({ host: 'fd00::1', port: 6379 });
  });

  test('given a login, when brokers are named, then all of them with it; topics as they should be made', () => {
    const login = { KAFKA_MECHANISM: 'SCRAM-SHA-512', KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p', KAFKA_TLS: 'true' };
    expect(brokersFrom({ KAFKA: 'a:1,b:2', ...login })).toEqual({
      bootstrapBrokers: ['a:1', 'b:2'],
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' },
      tls: {},
    });
    expect(brokersFrom({ KAFKA: 'a:1' })).toEqual({ bootstrapBrokers: ['a:1'] });
    const topics = { KAFKA_PARTITIONS: '8', KAFKA_REPLICATION: '3', KAFKA_MIN_IN_SYNC: '2' };
    expect(topicsFrom(topics)).toEqual({ partitions: 8, replicas: 3, minInSync: 2 });
  });

  test.each([
    ['', undefined],
    ['?allowNativePasswords=true', undefined],
    ['?allowNativePasswords=true&tls=true', { ca: 'PEM', rejectUnauthorized: true, verifyIdentity: true }],
    ['?tls=skip-verify', { ca: 'PEM', rejectUnauthorized: false, verifyIdentity: false }],
  ])('given the string of the component ends with "%s", then TLS is as it says', (query, ssl) => {
    const server = mysqlFrom({ MYSQL: `madang:p@ss:word@tcp(db:3306)/${query}`, MYSQL_CA: authority });
    expect(server).toEqual({ user: 'madang', password: 'p@ss:word', host: 'db', port: 3306, ...(ssl ? { ssl } : {}) });
  });

  test('given MySQL is called by its address, then TLS that is checked is refused with a sentence', () => {
    const at = (query: string) => () => mysqlFrom({ MYSQL: `madang:p@tcp(10.0.0.1:3306)/?${query}` });
    expect(at('tls=true')).toThrow(/^MySQL with TLS must be called by its host name: /);
    expect(at('tls=skip-verify')()).toMatchObject({ host: '10.0.0.1', ssl: { verifyIdentity: false } });
    expect(at('')()).toMatchObject({ host: '10.0.0.1' });
  });

  test('given a string that is none, then a sentence without the password', () => {
    expect(() => mysqlFrom({ MYSQL: 'mysql://madang:secret@db' })).toThrow(
      /^The connection string of MySQL must be user:password@tcp\(host:port\)\/\?\.\.\.$/,
    );
  });
});

describe('a refusal that no waiting mends', () => {
  const failure = (code: string, message = ''): Error => Object.assign(new Error(message), { code });

  test.each<[string, 'Redis' | 'Kafka' | 'MySQL', Error, string]>([
    [
      'a wrong password of MySQL',
      'MySQL',
      failure('ER_ACCESS_DENIED_ERROR', "Access denied for user 'madang'@'10.0.0.1' (using password: YES)"),
      'MySQL refuses the login: user or password is wrong, or tls=true is missing; see the connection string in mysql.connectionSecret.',
    ],
    [
      'a wrong password of Kafka, wrapped',
      'Kafka',
      new AggregateError([new Error('x', { cause: failure('PLT_KFK_AUTHENTICATION', 'SASL authentication failed.') })]),
      'Kafka refuses the login: user or password is wrong; see kafka.auth.',
    ],
    [
      'an unknown authority',
      'Redis',
      failure('SELF_SIGNED_CERT_IN_CHAIN'),
      'Redis has a certificate of an unknown authority; name its Secret in redis.tls.caSecret.',
    ],
    [
      'an unknown authority, as the client of MySQL says it',
      'MySQL',
      failure('HANDSHAKE_SSL_ERROR', 'self-signed certificate in certificate chain'),
      'MySQL has a certificate of an unknown authority; name its Secret in mysql.tls.caSecret.',
    ],
    ['no TLS there', 'MySQL', failure('HANDSHAKE_NO_SSL_SUPPORT'), 'MySQL does not speak TLS at this port.'],
  ])('%s is one sentence', (_, server, error, sentence) => expect(refusalOf(server, error)).toBe(sentence));

  test.each([
    failure('ECONNREFUSED'),
    failure('ETIMEDOUT'),
    new Error('LOADING Redis is loading the dataset in memory'),
  ])('given a server that may still come (%s), then none', (error) =>
    expect(refusalOf('Redis', error)).toBeUndefined(),
  );

  test.each<['Redis' | 'Kafka' | 'MySQL', Error, string]>([
    ['Redis', failure('ENOTFOUND'), 'its host name is not known; see redis.address'],
    [
      'Kafka',
      new AggregateError([failure('PLT_KFK_NETWORK', 'Connection to 10.0.0.1:9092 failed.')], 'Cannot connect.', {
        cause: failure('ECONNREFUSED'),
      }),
      'nothing listens there; see kafka.address',
    ],
    ['MySQL', failure('PROTOCOL_CONNECTION_LOST'), 'it ends the connection; perhaps it wants TLS'],
    ['Redis', new Error('LOADING Redis is loading'), 'LOADING Redis is loading'],
  ])('given %s is away, then the reason names a setting and no address', (server, error, words) =>
    expect(absenceOf(server, error)).toBe(words),
  );

  test.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'refuses the login: user or password is wrong'],
    ['NOAUTH Authentication required.', 'asks for a password'],
  ])('given a Redis that answers %s, when it is asked, then that is seen through its client', async (answer, words) => {
    const server = createServer((socket) => {
      socket.on('data', (chunk) => {
        // One answer for each command of the pipeline.
        const commands = chunk
          .toString()
          .split('\r\n')
          .filter((line) => line.startsWith('*')).length;
        socket.write(`-${answer}\r\n`.repeat(commands));
      });
      socket.on('error', () => undefined);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const password = answer.startsWith('WRONGPASS') ? { password: 'wrong' } : {};
      const error = await pingRedis({ host: '127.0.0.1', port, ...password }).catch((failed: unknown) => failed);
      expect(refusalOf('Redis', error)).toContain(words);
    } finally {
      server.close();
    }
  });
});
