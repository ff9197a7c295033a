import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { home, root } from '../paths.ts';

/** Keys that only Dapr's CLI heeds: the runner sets these things itself, or leaves them as they are by default. */
const ofTheCli = <K extends string>(...keys: K[]) =>
  Object.fromEntries(keys.map((key) => [key, z.unknown().optional()])) as Record<K, z.ZodOptional<z.ZodUnknown>>;

/** These keys and no others. Dapr's CLI passes over what it does not know, so a misspelt key would do nothing, here and there. */
const keys = <S extends z.ZodRawShape>(shape: S) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `A multi-app template of Dapr has no ${issue.keys.map((key) => `"${key}"`).join(', ')} here.`
        : undefined,
  });

const shared = {
  enableAppHealthCheck: z.boolean().optional(),
  appHealthCheckPath: z.string().optional(),
  appHealthProbeInterval: z.number().optional(),
  appHealthProbeTimeout: z.number().optional(),
  appHealthThreshold: z.number().optional(),
  appMaxConcurrency: z.number().int().positive().optional(),
  logLevel: z.string().optional(),
  env: z.record(z.string(), z.coerce.string()).optional(),
  ...ofTheCli('configFilePath', 'resourcesPath', 'resourcesPaths', 'runtimePath'),
  ...ofTheCli('placementHostAddress', 'schedulerHostAddress', 'apiListenAddresses', 'appProtocol', 'appSSL'),
  ...ofTheCli('maxBodySize', 'readBufferSize', 'enableProfiling', 'enableApiLogging'),
  ...ofTheCli('daprdLogDestination', 'appLogDestination'),
};

const App = keys({
  ...shared,
  appID: z.string(),
  appDirPath: z.string(),
  command: z.array(z.string()).min(1),
  appPort: z.number(),
  daprHTTPPort: z.number(),
  daprGRPCPort: z.number(),
  daprInternalGRPCPort: z.number(),
  metricsPort: z.number(),
  ...ofTheCli('appChannelAddress', 'unixDomainSocket', 'profilePort'),
  ...ofTheCli('containerImage', 'containerImagePullPolicy', 'createService'),
});

const Template = keys({
  ...ofTheCli('version', 'name'),
  common: keys(shared).default({}),
  apps: z.array(App).min(1),
});

export interface Ports {
  app: number;
  http: number;
  grpc: number;
  internal: number;
  metrics: number;
}

/** One service of a system, as its template describes it; ports are without offset. */
export interface ServiceTemplate {
  system: string;
  /** Name within the system. */
  name: string;
  appId: string;
  command: string[];
  cwd: string;
  env: Record<string, string>;
  ports: Ports;
  /** Health check, concurrency and log flags of its sidecar. */
  sidecarFlags: string[];
}

/** Where what is built of the services is. */
export const dist = join(home, 'dist');

const folder = join(root, 'dapr');

/** The systems that can be run: every multi-app template in dapr/. */
export async function systems(): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  const found = await Promise.all(
    names.map(async (name) => (/^apps:/m.test(await readFile(join(folder, name), 'utf8')) ? [name.slice(0, -5)] : [])),
  );
  return found.flat();
}

/** `.madang/` in a template means the home of state, wherever that is. */
const atHome = (word: string) => (word.startsWith('.madang/') ? join(home, word.slice('.madang/'.length)) : word);

export async function readTemplate(system: string): Promise<ServiceTemplate[]> {
  const known = await systems();
  if (!known.includes(system)) throw new Error(`There is no system "${system}"; there is ${known.join(', ')}.`);
  return servicesIn(system, await readFile(join(folder, `${system}.yaml`), 'utf8'));
}

/** @param text the template of the system */
export function servicesIn(system: string, text: string): ServiceTemplate[] {
  const parsed = Template.safeParse(parse(text));
  if (!parsed.success) throw new Error(`dapr/${system}.yaml: ${z.prettifyError(parsed.error)}`);
  const { common, apps } = parsed.data;
  return apps.map((app) => {
    // As `dapr run -f` merges: what an app sets wins over what is common.
    const merged = { ...common, ...app };
    const health = merged.enableAppHealthCheck
      ? [
          '--enable-app-health-check',
          `--app-health-check-path=${merged.appHealthCheckPath ?? '/healthz'}`,
          `--app-health-probe-interval=${merged.appHealthProbeInterval ?? 5}`,
          `--app-health-probe-timeout=${merged.appHealthProbeTimeout ?? 500}`,
          `--app-health-threshold=${merged.appHealthThreshold ?? 3}`,
        ]
      : [];
    const atOnce = merged.appMaxConcurrency ? [`--app-max-concurrency=${merged.appMaxConcurrency}`] : [];
    return {
      system,
      name: app.appID.slice(system.length + 1),
      appId: app.appID,
      command: app.command.map(atHome),
      cwd: resolve(folder, app.appDirPath),
      env: { ...common.env, ...app.env },
      ports: {
        app: app.appPort,
        http: app.daprHTTPPort,
        grpc: app.daprGRPCPort,
        internal: app.daprInternalGRPCPort,
        metrics: app.metricsPort,
      },
      sidecarFlags: [...health, ...atOnce, `--log-level=${merged.logLevel ?? 'info'}`],
    };
  });
}

/** The services of several systems. */
export const readTemplates = async (of: readonly string[]): Promise<ServiceTemplate[]> =>
  (await Promise.all(of.map(readTemplate))).flat();
