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
  process.env.MADANG_REDIS = 'localhost';
  process.env.MADANG_MYSQL = `localhost:${await freePort()}`;
  await expect(infrastructure('light', ['lecture'], () => undefined)).rejects.toThrow(
    'MADANG_REDIS is "localhost": write it as host:port.',
  );
});
