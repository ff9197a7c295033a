import { spawn } from 'node:child_process';
import { environmentOf } from '../infrastructure/system.ts';
import { headersFor, newSecret, tokensOf } from '../tokens.ts';
import { consoleSpec, guardedFrom } from './services.ts';

const ports = { app: 1, http: 2, grpc: 3, internal: 4, metrics: 5 };
const pay = { system: 'lecture', name: 'pay', appId: 'lecture-pay', command: ['node'], cwd: '/', env: {} };
const replica = { service: { ...pay, ports, sidecarFlags: [] }, number: 1, ports };

test('given two services and two starts, when their tokens are made, then no two of them are the same', () => {
  const secrets = [newSecret(), newSecret()];
  const all = secrets.flatMap((secret) =>
    ['lecture-pay', 'lecture-class'].flatMap((appId) => Object.values(tokensOf(secret, appId))),
  );
  expect(new Set([...secrets, ...all]).size).toBe(10);
  for (const token of all) expect(token).toMatch(/^[\w-]{43}$/);
});

test('given a secret, when a service and the console start, then the console has with what the service answers', () => {
  const secret = newSecret();
  const { DAPR_API_TOKEN, APP_API_TOKEN } = guardedFrom(secret, replica);
  expect({ api: DAPR_API_TOKEN, app: APP_API_TOKEN }).toEqual(tokensOf(secret, 'lecture-pay'));
  expect(headersFor(consoleSpec('', secret).env.MADANG_SECRET, 'lecture-pay')).toEqual({
    'dapr-api-token': APP_API_TOKEN,
  });
});

test('given no secret, when a service and the console start, then neither is told of tokens', () => {
  expect(guardedFrom(undefined, replica)).toEqual({});
  expect(consoleSpec('', undefined).env).not.toHaveProperty('MADANG_SECRET');
  expect(headersFor(undefined, 'lecture-pay')).toEqual({});
});

test('given a process, when its user looks into its environment, then a variable is found, and one it lacks is not', () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], {
    env: { APP_API_TOKEN: 'a=b', OTHER_APP_API_TOKEN: 'c' },
  });
  try {
    expect(environmentOf(child.pid ?? 0, 'APP_API_TOKEN')).toBe('a=b');
    expect(environmentOf(child.pid ?? 0, 'DAPR_API_TOKEN')).toBeUndefined();
  } finally {
    child.kill();
  }
});
