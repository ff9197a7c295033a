import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { accessControlOf, guardedConfiguration } from './access-control.ts';
import { definitionsOf } from './definitions.ts';
import { readTemplate, systems } from './templates.ts';

interface AccessControl {
  readonly defaultAction: string;
  readonly policies: readonly {
    readonly appId: string;
    readonly defaultAction: string;
    readonly operations: readonly { readonly name: string; readonly action: string }[];
  }[];
}

const controls = await Promise.all(
  (await systems()).map(async (system) => {
    const services = await readTemplate(system);
    const found = await Promise.all(
      services.map(async ({ appId }) => [appId, (await accessControlOf(system, appId)) as AccessControl] as const),
    );
    return { system, services, definitions: await definitionsOf(system), controls: new Map(found) };
  }),
);

test('given pay, when its access control is made, then class and the gateway may ask for what they declare', async () => {
  const may = (appId: string, ...paths: string[]) => ({
    appId,
    defaultAction: 'deny',
    trustDomain: 'public',
    namespace: 'default',
    operations: paths.map((name) => ({ name, httpVerb: ['*'], action: 'allow' })),
  });
  expect(await accessControlOf('lecture', 'lecture-pay')).toEqual({
    defaultAction: 'deny',
    trustDomain: 'public',
    policies: [may('lecture-class', '/internal'), may('lecture-gateway', '/payments', '/payment')],
  });
});

test('given all services, when their access control is made, then callers are the gateway and who declares the call', () => {
  for (const { system, services, definitions, controls: made } of controls)
    for (const { appId, name } of services) {
      const isPublic = (definitions.get(name)?.publicPaths.length ?? 0) > 0;
      const declared = [...definitions].filter(([, { calls }]) => Object.hasOwn(calls ?? {}, appId));
      const callers = [
        ...declared.map(([caller]) => `${system}-${caller}`),
        ...(isPublic ? [`${system}-gateway`] : []),
      ];
      const policies = made.get(appId)?.policies ?? [];
      expect([appId, policies.map((policy) => policy.appId).sort()]).toEqual([appId, callers.sort()]);
    }
});

test('given all services, when their access control is made, then what is not allowed is denied, and what is for operators', () => {
  const closed = /^\/(events|configuration|deadletters|deferred|metrics|activity|status|healthz|readyz|dapr)?(\/|$)/;
  for (const { controls: made } of controls)
    for (const { defaultAction, policies } of made.values()) {
      expect(defaultAction).toBe('deny');
      for (const policy of policies) {
        expect(policy.defaultAction).toBe('deny');
        const paths = policy.operations.map(({ name }) => name);
        expect(paths.filter((path) => closed.test(path))).toEqual([]);
        if (policy.appId.endsWith('-gateway')) expect(paths).not.toContain('/internal');
      }
    }
});

test('given a configuration of all sidecars, when that of one is written, then only its access control is added', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guarded-'));
  try {
    const spec = { metrics: { enabled: false } };
    const common = join(folder, 'configuration.yaml');
    await writeFile(common, JSON.stringify({ kind: 'Configuration', metadata: { name: 'madang' }, spec }));
    const file = await guardedConfiguration(common, 'lecture', 'lecture-pay');
    expect(parse(await readFile(file, 'utf8'))).toEqual({
      kind: 'Configuration',
      metadata: { name: 'madang' },
      spec: { ...spec, accessControl: await accessControlOf('lecture', 'lecture-pay') },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
