import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { freePort } from '../paths.ts';
import { infrastructure } from './infra.ts';

const given = { ...process.env };
afterEach(() => {
  process.env = { ...given };
});

test('given a Redis that is named and does not answer, when systems start, then one sentence says who names it', async () => {
  const port = await freePort();
  process.env.MADANG_REDIS = `localhost:${port}`;
  await expect(infrastructure('light', ['lecture'], () => undefined)).rejects.toThrow(
    `Nothing answers at localhost:${port}, which MADANG_REDIS names: start it, or leave MADANG_REDIS out.`,
  );
});

test('given servers of full that are named, when systems start on light, then nobody asks for them', async () => {
  const redis = createServer().listen(0, '127.0.0.1');
  await once(redis, 'listening');
  try {
    process.env.MADANG_REDIS = `127.0.0.1:${(redis.address() as AddressInfo).port}`;
    process.env.MADANG_MYSQL = `localhost:${await freePort()}`;
    process.env.MADANG_KAFKA = process.env.MADANG_MYSQL;
    await expect(infrastructure('light', ['lecture'], () => undefined)).resolves.toMatchObject({ specs: [] });
  } finally {
    redis.close();
  }
});

test.each(['localhost', 'localhost:99999'])(
  'given MADANG_REDIS is %s, when systems start, then one sentence says how to write it',
  async (text) => {
    process.env.MADANG_REDIS = text;
    const sentence = `MADANG_REDIS is "${text}": write it as host:port.`;
    await expect(infrastructure('light', ['lecture'], () => undefined)).rejects.toThrow(sentence);
  },
);
