import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { HALF_FAILED } from '../../services/kit/index.ts';
import { keysOf } from '../run/infrastructure/configuration-keys.ts';
import { definitionsOf } from '../run/infrastructure/definitions.ts';
import { readTemplate, systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { ofCaller } from './resiliency.ts';

const of = (calls: Parameters<typeof ofCaller>[2]): string => ofCaller('library', 'loan', calls)[0]?.[1] ?? '';
const why = 'loan waits at most a second for deposit.';

test('given calls with breaker and retry, when their file is made, then Dapr reads these limits for this caller', () => {
  const retry = { pauseMs: 20, most: 2, inForce: true };
  const text = of({ 'library-deposit': { why, timeoutMs: 1_500, breaker: HALF_FAILED, retry } });
  expect(parse(text)).toEqual({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Resiliency',
    metadata: { name: 'library-loan' },
    scopes: ['library-loan'],
    spec: {
      policies: {
        timeouts: { deposit: '1500ms' },
        retries: { deposit: { policy: 'constant', duration: '20ms', maxRetries: 2 } },
        circuitBreakers: {
          deposit: {
            maxRequests: 1,
            interval: '10s',
            timeout: '5s',
            trip: 'requests >= 20 && totalFailures * 2 >= requests',
          },
        },
      },
      targets: { apps: { 'library-deposit': { timeout: 'deposit', circuitBreaker: 'deposit', retry: 'deposit' } } },
    },
  });
  expect(text).toContain(`\n# ${why}\n`);
  expect(text).toContain('# Opens when half of at least 20 calls within 10 s failed; lets one call through after 5 s');
});

test('given a retry that is off, when the file is made, then it is written down and no call has it', () => {
  const text = of({ 'library-deposit': { why, timeoutMs: 100, retry: { pauseMs: 20, most: 2, inForce: false } } });
  expect(parse(text).spec.policies.retries.deposit.maxRetries).toBe(2);
  expect(parse(text).spec.targets.apps['library-deposit']).toEqual({ timeout: 'deposit' });
});

test('given a call that is not tried again, when its file is made, then it has no time limit, which the caller keeps itself', () => {
  const withBreaker = parse(of({ 'library-deposit': { why, timeoutMs: 100, breaker: HALF_FAILED } })).spec;
  expect(withBreaker.policies).not.toHaveProperty('timeouts');
  expect(withBreaker.targets.apps['library-deposit']).toEqual({ circuitBreaker: 'deposit' });
  const alone = parse(of({ 'library-deposit': { why, timeoutMs: 100 } })).spec;
  expect(alone.policies).toEqual({ retries: { never: { policy: 'constant', duration: '1s', maxRetries: 0 } } });
  expect(alone.targets.apps['library-deposit']).toEqual({ retry: 'never' });
});

test.each([
  [{ inRow: 2 }, 'consecutiveFailures >= 2'],
  [{ percent: 90, ofAtLeast: 20 }, 'requests >= 20 && totalFailures * 10 >= requests * 9'],
  [{ percent: 100, ofAtLeast: 5 }, 'requests >= 5 && totalFailures * 1 >= requests'],
])('given a breaker that opens at %j, when the file is made, then its rule is %s', (opensAt, trip) => {
  const text = of({ 'library-deposit': { why, timeoutMs: 100, breaker: { opensAt, openMs: 1_000 } } });
  expect(parse(text).spec.policies.circuitBreakers.deposit.trip).toBe(trip);
});

test('given a service that calls nobody, when its file is looked for, then there is none', () => {
  expect(ofCaller('library', 'loan', {})).toEqual([]);
});

const all = await Promise.all((await systems()).map(async (system) => [system, await definitionsOf(system)] as const));

test.each(all)(
  'given the services of %s, when they say whom they call, then each callee is one of them',
  async (system, services) => {
    const appIds = (await readTemplate(system)).map(({ appId }) => appId);
    for (const [name, { calls = {} }] of services)
      expect([name, Object.keys(calls).filter((callee) => !appIds.includes(callee))]).toEqual([name, []]);
  },
);

test.each(all)(
  'given the code of %s, when it calls an app by its id, then the service declares the call',
  async (system, services) => {
    for (const [name, { calls = {} }] of services) {
      const folder = join(root, 'services', system, name);
      const files = (await readdir(folder)).filter((file) => /(?<!\.spec)\.ts$/.test(file));
      const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
      const called = texts.flatMap((text) => [...text.matchAll(/\.call\(\s*'([a-z-]+)'/g)].map(([, appId]) => appId));
      expect([name, called.filter((appId) => !appId || !(appId in calls))]).toEqual([name, []]);
    }
  },
);

test.each(all)(
  'given keys of %s that name an app, when their services call it, then they declare the call',
  async (system, services) => {
    const appIds = (await readTemplate(system)).map(({ appId }) => appId);
    for (const [name, keys] of await keysOf(system)) {
      const calls = services.get(name)?.calls ?? {};
      const named = [...keys.values()].map(({ value }) => value).filter((value) => appIds.includes(value));
      expect([name, named.filter((appId) => !(appId in calls))]).toEqual([name, []]);
    }
  },
);
