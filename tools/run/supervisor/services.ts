import { join } from 'node:path';
import { answers } from '../infrastructure/answers.ts';
import type { Rendered } from '../infrastructure/render.ts';
import type { Ports, ServiceTemplate } from '../infrastructure/templates.ts';
import { consolePort, home, identityPort, issuer, portOffset, root } from '../paths.ts';
import type { ProcessSpec } from '../process.ts';
import { SECRET_VARIABLE, tokensOf } from '../tokens.ts';

/** Seconds daprd may take to finish deliveries; it ends as soon as they are done. */
const drainSeconds = 30;

/**
 * Keeps the part of the heap for short-lived objects, and so a process under load, small, and lets the rest grow to twice
 * what lives there, not to four times. Without --enable-source-maps: it would hold the map of the whole bundle in memory,
 * 11 MiB a process.
 */
const nodeFlags = ['--max-semi-space-size=4', '--heap-growing-percent=100'];

/** A folder for CPU profiles, which `npm run bench -- --profile-cpu` names: apps write theirs there when they end. */
const profiles = process.env.MADANG_PROFILES;
const appProfile = (id: string): string[] =>
  profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${id}.cpuprofile`] : [];
/** Sidecars give theirs to who asks at this port. */
const sidecarProfile = ({ metrics }: Ports): string[] =>
  profiles ? ['--enable-profiling', `--profile-port=${metrics + 2_000}`] : [];

export interface Replica {
  service: ServiceTemplate;
  number: number;
  ports: Ports;
  /** Where a gateway serves gRPC, if that is wanted. */
  grpcPort?: number;
}

/** Identity of a replica that survives its restarts, and its name on the command line. */
export const instanceOf = ({ service, number }: Replica): string => `${service.appId}-${number}`;

const logNameOf = (replica: Replica): string => (replica.number === 1 ? replica.service.appId : instanceOf(replica));

/**
 * The ports a replica has unless somebody else has them. A second one's are those of no service, whether that runs or
 * not: a port that is free only because its owner was just killed would give the owner's sidecar another app.
 */
export function defaultPorts({ ports }: ServiceTemplate, number: number): Ports {
  const by = portOffset + 1_000 * (number - 1);
  const { app, http, grpc, internal, metrics } = ports;
  return { app: app + by, http: http + by, grpc: grpc + by, internal: internal + by, metrics: metrics + by };
}

/** What a gateway needs to ask for tokens of the provider for development. */
export const guarded = ({ service: { system, name } }: Replica): Record<string, string> =>
  name === 'gateway'
    ? { AUTH_ISSUER: issuer, AUTH_AUDIENCE: system, AUTH_PERSON: 'person', AUTH_CLIENT: `${system}-page` }
    : {};

/** What an app and its sidecar need to ask each other for tokens; nothing where there is no secret. */
export function guardedFrom(secret: string | undefined, { service: { appId } }: Replica): Record<string, string> {
  if (!secret) return {};
  const { api, app } = tokensOf(secret, appId);
  return { DAPR_API_TOKEN: api, APP_API_TOKEN: app };
}

/** What services are run by. */
export interface Interpreters {
  readonly node: string;
  readonly python: string;
}

/** @param more of the environment */
export function appSpec(
  replica: Replica,
  { node, python }: Interpreters,
  more: Record<string, string> = {},
): ProcessSpec {
  const { service, ports, grpcPort } = replica;
  const [program = '', ...args] = service.command;
  const command =
    program === 'node'
      ? [node, ...nodeFlags, ...appProfile(logNameOf(replica)), ...args]
      : [program === 'python3' ? python : program, ...args];
  return {
    id: logNameOf(replica),
    kind: 'app',
    command,
    cwd: service.cwd,
    // What the Dapr CLI gives an app, and the identity of the replica.
    env: {
      ...service.env,
      ...more,
      APP_ID: service.appId,
      APP_PORT: String(ports.app),
      DAPR_HTTP_PORT: String(ports.http),
      DAPR_GRPC_PORT: String(ports.grpc),
      MADANG_HOME: home,
      MADANG_INSTANCE: instanceOf(replica),
      PYTHONDONTWRITEBYTECODE: '1',
      ...(grpcPort === undefined ? {} : { GRPC_PORT: String(grpcPort) }),
    },
    port: ports.app,
    ready: () => answers(ports.app, '/readyz'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 15_000,
  };
}

/** The OpenID provider for development, from its sources. */
export const identitySpec = (): ProcessSpec => ({
  id: 'identity',
  kind: 'infra',
  command: [process.execPath, ...nodeFlags, '--import', 'tsx', join(root, 'tools/identity/main.ts')],
  cwd: root,
  env: { MADANG_HOME: home, MADANG_PORT_OFFSET: String(portOffset) },
  port: identityPort,
  ready: () => answers(identityPort, '/.well-known/openid-configuration'),
  stopSignal: 'SIGTERM',
  stopTimeoutMs: 5_000,
});

/**
 * The console, from its bundle.
 * @param secret with which it calls services that ask for tokens
 */
export const consoleSpec = (bundle: string, secret: string | undefined): ProcessSpec => ({
  id: 'console',
  kind: 'app',
  // What is short-lived is collected often, and by one thread: it is to stay small rather than to be fast.
  command: [process.execPath, '--max-semi-space-size=2', '--max-old-space-size=96', '--v8-pool-size=1', bundle],
  cwd: root,
  env: {
    MADANG_HOME: home,
    MADANG_PORT_OFFSET: String(portOffset),
    ...(secret ? { [SECRET_VARIABLE]: secret } : {}),
  },
  port: consolePort,
  ready: () => answers(consolePort, '/healthz'),
  stopSignal: 'SIGTERM',
  stopTimeoutMs: 5_000,
});

/** @param more of the environment */
export function sidecarSpec(
  replica: Replica,
  daprd: string[],
  rendered: Rendered,
  more: Record<string, string> = {},
): ProcessSpec {
  const { service, ports } = replica;
  const local = '127.0.0.1';
  return {
    id: `${logNameOf(replica)}.daprd`,
    kind: 'sidecar',
    command: [
      ...daprd,
      `--app-id=${service.appId}`,
      `--app-port=${ports.app}`,
      `--app-channel-address=${local}`,
      `--dapr-http-port=${ports.http}`,
      `--dapr-grpc-port=${ports.grpc}`,
      `--dapr-listen-addresses=${local}`,
      `--dapr-internal-grpc-port=${ports.internal}`,
      `--dapr-internal-grpc-listen-address=${local}`,
      `--metrics-port=${ports.metrics}`,
      `--metrics-listen-address=${local}`,
      // Its port would be open, with nothing to say.
      ...(process.env.MADANG_SIDECAR_METRICS === 'on' ? [] : ['--enable-metrics=false']),
      `--config=${rendered.configFile}`,
      ...rendered.resourcesPaths.map((path) => `--resources-path=${path}`),
      `--dapr-graceful-shutdown-seconds=${drainSeconds}`,
      ...sidecarProfile(ports),
      ...service.sidecarFlags,
    ],
    cwd: service.cwd,
    // One processor: with more, a sidecar wakes threads that find two dozen other processes at work.
    env: { ...more, DAPR_HOST_IP: local, GOMAXPROCS: '1' },
    port: ports.http,
    ready: () => answers(ports.http, '/v1.0/healthz'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: (drainSeconds + 5) * 1000,
  };
}
