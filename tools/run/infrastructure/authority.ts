import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { stringify } from 'yaml';
import { freePort, home, sentryPort } from '../paths.ts';
import type { ProcessSpec, Progress } from '../process.ts';
import { sentry } from '../provision/sentry.ts';
import { guardedConfiguration, NAMESPACE, TRUST_DOMAIN } from './access-control.ts';
import { answers } from './answers.ts';
import type { Rendered } from './render.ts';
import type { ServiceTemplate } from './templates.ts';

/** Trust domain of Sentry itself, Dapr's default beside a cluster. */
const CONTROL_PLANE = 'localhost';
const ALGORITHM = 'ES256';
const KEY_ID = 'runner';
const local = '127.0.0.1';

/** What a sidecar is told so that it gets its certificate, and takes calls of its callers alone. */
export interface Enrolment {
  readonly flags: string[];
  readonly env: Record<string, string>;
  readonly rendered: Rendered;
}

/** The certificate authority of the sidecars of one start of the runner. */
export interface Authority {
  readonly spec: ProcessSpec;
  /** Lets the sidecar of a service have its certificate. Sentry has to be healthy. */
  enrol(service: Pick<ServiceTemplate, 'system' | 'appId'>, rendered: Rendered): Promise<Enrolment>;
}

/**
 * Makes an authority of its own for this start: Sentry with a new root, which signs only for who shows a token that this
 * process has signed for the very app id. Without them Sentry would give any process of the machine any name.
 * Keys and tokens are in a folder that this user alone may read.
 */
export async function authority(progress: Progress): Promise<Authority> {
  const folder = join(home, 'mtls');
  await rm(folder, { recursive: true, force: true });
  const issuer = join(folder, 'issuer');
  // Sentry begins anew whenever a file beside its own keys changes: so tokens and configuration are elsewhere.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(issuer, { mode: 0o700 });
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const spec = await sentryProcess(folder, issuer, publicKey, progress);
  const anchors = join(issuer, 'ca.crt');
  return {
    spec,
    async enrol({ system, appId }, rendered) {
      const token = await tokenFor(appId, privateKey);
      const file = join(folder, `${appId}.jwt`);
      await writeFile(file, token, { mode: 0o600 });
      return {
        flags: [
          '--enable-mtls',
          `--sentry-address=${local}:${spec.port}`,
          `--control-plane-trust-domain=${CONTROL_PLANE}`,
        ],
        env: { DAPR_TRUST_ANCHORS: await readFile(anchors, 'utf8'), DAPR_SENTRY_TOKEN_FILE: file, NAMESPACE },
        rendered: { ...rendered, configFile: await guardedConfiguration(rendered.configFile, system, appId) },
      };
    },
  };
}

/**
 * Sentry, as a process that signs for whoever shows a token of this key.
 * @param issuer where its own keys are
 */
async function sentryProcess(
  folder: string,
  issuer: string,
  publicKey: CryptoKey,
  progress: Progress,
): Promise<ProcessSpec> {
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: ALGORITHM, use: 'sig' }] };
  const config = join(folder, 'sentry.yaml');
  await writeFile(config, stringify(configurationFor(keys)));
  const { command } = await sentry(progress);
  const [port, health] = [await freePort(sentryPort), await freePort(sentryPort + 1)];
  const args = {
    config,
    'issuer-credentials': issuer,
    'trust-domain': CONTROL_PLANE,
    port: String(port),
    'listen-address': local,
    'healthz-port': String(health),
    'enable-metrics': 'false',
  };
  return {
    id: 'sentry',
    kind: 'infra',
    command: [...command, ...Object.entries(args).map(([name, value]) => `--${name}=${value}`)],
    env: {},
    cwd: folder,
    port,
    ready: () => answers(health, '/healthz'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5_000,
  };
}

/** What a sidecar shows Sentry to get the certificate of this app. */
const tokenFor = (appId: string, privateKey: CryptoKey): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
    .setSubject(`spiffe://${TRUST_DOMAIN}/ns/${NAMESPACE}/${appId}`)
    .setAudience(`spiffe://${CONTROL_PLANE}/ns/${NAMESPACE}/dapr-sentry`)
    .setIssuedAt()
    .sign(privateKey);

const configurationFor = (keys: object): object => ({
  apiVersion: 'dapr.io/v1alpha1',
  kind: 'Configuration',
  metadata: { name: 'sentry' },
  spec: {
    mtls: { enabled: true, tokenValidators: [{ name: 'jwks', options: { source: JSON.stringify(keys) } }] },
  },
});
