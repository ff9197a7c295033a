import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { environmentOf } from '../../tools/run/infrastructure/system.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { home, root } from './system.ts';

/** Who is not meant, at every port of a system with `./run up --mtls`, and the story, which is played as without it. */

const OFFSET = Number(process.env.MADANG_PORT_OFFSET ?? 0) + 1_300;
const env = { ...process.env, MADANG_HOME: join(home, 'guarded'), MADANG_PORT_OFFSET: String(OFFSET) };
const execute = promisify(execFile);

interface Process {
  readonly appId: string;
  readonly service: string;
  readonly pid: number;
  readonly sidecarPid: number;
  readonly port: number;
  readonly daprHttpPort: number;
}

const run = async (...words: string[]): Promise<string> =>
  (await execute(process.execPath, ['--import', 'tsx', 'tools/run/cli/main.ts', ...words], { cwd: root, env })).stdout;

let processes: readonly Process[] = [];
beforeAll(async () => {
  await run('up', 'lecture', '--mtls', '--detach', '--no-console');
  processes = JSON.parse(await run('status', '--json')) as Process[];
}, 180_000);
afterAll(() => run('down'), 60_000);

const named = (appId: string): Process => {
  const found = processes.find((one) => one.appId === appId);
  if (!found) throw new Error(`${appId} does not run.`);
  return found;
};

/** The ports at which a process takes connections, as Linux tells it. */
async function listening(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')));
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  return tables
    .flatMap((table) => table.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && links.includes(`socket:[${inode}]`))
    .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16))
    .sort((one, other) => one - other);
}

/** The port that a sidecar was told to take for this. */
const portOf = async (pid: number, option: string): Promise<number> => {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  return Number(words.find((word) => word.startsWith(`--${option}=`))?.split('=')[1]);
};

/** What a port says to who has no token, over HTTP. */
const overHttp = async (port: number, ways: readonly (readonly [string, string])[]): Promise<number[]> => {
  const said = ways.map(([method, path]) => fetch(`http://127.0.0.1:${port}${path}`, { method }));
  return [...new Set((await Promise.all(said)).map((answer) => answer.status))];
};

/** The same over gRPC, with TLS that asks for no certificate of ours or without: the code with which a call ends. */
async function overGrpc(port: number, method: string, ca?: Buffer): Promise<string> {
  const options = { checkServerIdentity: () => undefined };
  const how = ca ? credentials.createSsl(ca, null, null, options) : credentials.createInsecure();
  const client = new Client(`127.0.0.1:${port}`, how);
  try {
    return await new Promise((said) => {
      const raw = (bytes: Buffer): Buffer => bytes;
      const call = (error: ServiceError | null): void => said(error ? (status[error.code] ?? '') : 'OK');
      client.makeUnaryRequest(method, raw, raw, Buffer.alloc(0), { deadline: Date.now() + 5_000 }, call);
    });
  } finally {
    client.close();
  }
}

const SERVICE_PATHS = [
  ['GET', '/dapr/subscribe'],
  ['POST', '/events'],
  ['POST', '/configuration/lecture-configuration/PAY_DELAY_MS'],
  ['GET', '/internal/anything'],
  ['GET', '/deadletters'],
  ['GET', '/deferred'],
  ['GET', '/status'],
  ['GET', '/activity'],
  ['GET', '/'],
] as const;
const SIDECAR_PATHS = [
  ['GET', '/v1.0/metadata'],
  ['GET', '/v1.0/state/lecture-state/1'],
  ['POST', '/v1.0/publish/lecture-pubsub/lecture'],
  ['GET', '/v1.0/invoke/lecture-pay/method/payments'],
  ['POST', '/v1.0/shutdown'],
] as const;
const CALL_OF_A_SIDECAR = '/dapr.proto.internals.v1.ServiceInvocation/CallLocal';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux(
  'given --mtls, when a foreign process tries every port of services and sidecars, then it is refused',
  async () => {
    const found: Record<string, Record<string, unknown>> = {};
    const ca = await readFile(join(env.MADANG_HOME, 'mtls/issuer/ca.crt'));
    for (const { appId, service, pid, sidecarPid, port, daprHttpPort } of processes) {
      const grpc = await portOf(sidecarPid, 'dapr-grpc-port');
      const internal = await portOf(sidecarPid, 'dapr-internal-grpc-port');
      const known = [daprHttpPort, grpc, internal];
      found[appId] = {
        service: service === 'gateway' ? 'the entrance' : await overHttp(port, SERVICE_PATHS),
        'besides the service': (await listening(pid)).filter((one) => one !== port),
        'HTTP of the sidecar': await overHttp(daprHttpPort, SIDECAR_PATHS),
        'gRPC of the sidecar': await overGrpc(grpc, '/dapr.proto.runtime.v1.Dapr/GetMetadata'),
        'between sidecars': [
          await overGrpc(internal, CALL_OF_A_SIDECAR),
          await overGrpc(internal, CALL_OF_A_SIDECAR, ca),
        ],
        'besides the sidecar': (await listening(sidecarPid)).filter((one) => !known.includes(one)),
      };
    }
    const refused = (service: string) => ({
      service: service === 'gateway' ? 'the entrance' : [403],
      'besides the service': [],
      'HTTP of the sidecar': [401],
      'gRPC of the sidecar': 'UNAUTHENTICATED',
      'between sidecars': ['UNAVAILABLE', 'UNAVAILABLE'],
      'besides the sidecar': [],
    });
    expect(found).toEqual(Object.fromEntries(processes.map(({ appId, service }) => [appId, refused(service)])));
    expect(processes).toHaveLength(7);
  },
);

onLinux(
  'given --mtls, when all other open ports are listed, then they are those of docs/operations/access.md',
  async () => {
    const all = JSON.parse(await readFile(join(env.MADANG_HOME, 'run.json'), 'utf8')) as { id: string; pid: number }[];
    const others = all.filter(({ pid }) => !processes.some((one) => one.pid === pid || one.sidecarPid === pid));
    const found = await Promise.all(others.map(async ({ id, pid }) => [id, (await listening(pid)).length] as const));
    expect(Object.fromEntries(found)).toEqual({ supervisor: 1, redis: 1, sentry: 2 });
  },
);

/** A call through the sidecar of a service, with the token that this sidecar asks for. */
async function through(caller: string, method: string, callee: string, path: string): Promise<number> {
  const { daprHttpPort, pid } = named(caller);
  const headers = { 'dapr-api-token': environmentOf(pid, 'DAPR_API_TOKEN') ?? '', 'content-type': 'application/json' };
  const body = method === 'POST' ? '{}' : null;
  const url = `http://127.0.0.1:${daprHttpPort}/v1.0/invoke/${callee}/method${path}`;
  return (await fetch(url, { method, headers, body })).status;
}

onLinux(
  'given --mtls, when a caller or a path is not declared, then the sidecar of the callee refuses with 403',
  async () => {
    const declared = [
      await through('lecture-class', 'POST', 'lecture-pay', '/internal/payments'),
      await through('lecture-gateway', 'GET', 'lecture-pay', '/payments?page=0'),
    ];
    const others = [
      await through('lecture-course', 'POST', 'lecture-pay', '/internal/payments'),
      await through('lecture-gateway', 'POST', 'lecture-pay', '/internal/payments'),
      await through('lecture-class', 'GET', 'lecture-pay', '/payments'),
      await through('lecture-class', 'GET', 'lecture-pay', '/status'),
      await through('lecture-class', 'GET', 'lecture-pay', '/deadletters'),
      await through('lecture-class', 'POST', 'lecture-pay', '/events'),
      await through('lecture-pay', 'GET', 'lecture-gateway', '/'),
    ];
    // 400: the service itself found nothing in the request.
    expect({ declared, others }).toEqual({ declared: [400, 200], others: others.map(() => 403) });
  },
);

test('given a sidecar without a token of the runner, when it asks for a certificate, then it gets none and ends', async () => {
  const folder = join(env.MADANG_HOME, 'mtls');
  const token = join(env.MADANG_HOME, 'forged.jwt');
  await writeFile(token, `${(await readFile(join(folder, 'lecture-class.jwt'), 'utf8')).slice(0, -8)}AAAAAAAA`);
  const sentry = `--sentry-address=127.0.0.1:${8_003 + OFFSET}`;
  const flags = ['--app-id=lecture-class', '--enable-mtls', sentry, '--control-plane-trust-domain=localhost'];
  const ports = ['--dapr-http-port=0', '--dapr-grpc-port=0', '--dapr-internal-grpc-port=0', '--enable-metrics=false'];
  const [program = ''] = (await daprd(() => undefined)).command;
  const anchors = await readFile(join(folder, 'issuer/ca.crt'), 'utf8');
  for (const stranger of [{}, { DAPR_SENTRY_TOKEN_FILE: token }]) {
    const surroundings = { ...env, ...stranger, DAPR_TRUST_ANCHORS: anchors, NAMESPACE: 'default' };
    const ended = execute(program, [...flags, ...ports], { env: surroundings, timeout: 30_000 });
    await expect(ended).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('SignCertificate') });
  }
}, 60_000);

test('given --mtls, when the story is played, then it is played as without it', async () => {
  expect(await run('scenario', 'lecture')).toContain('The end.');
  const token = (await run('token', 'lecture-pay')).trim();
  const answer = await fetch(`http://127.0.0.1:${named('lecture-pay').port}/deadletters`, {
    headers: { 'dapr-api-token': token },
  });
  expect(answer.status).toBe(200);
  for (const name of await readdir(join(env.MADANG_HOME, 'logs'))) {
    const log = name.endsWith('.log') ? await readFile(join(env.MADANG_HOME, 'logs', name), 'utf8') : '';
    expect(log).not.toContain(token);
  }
}, 120_000);
