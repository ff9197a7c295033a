/** What tokens and limits cost: a gateway that has both in turns with one that has neither, before the same services. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { readTemplate } from '../../tools/run/infrastructure/templates.ts';
import { portOffset } from '../../tools/run/paths.ts';
import { appSpec } from '../../tools/run/supervisor/services.ts';
import { type Bench, costOf, failures, ms, read } from './bench.ts';
import type { Process } from './build.ts';
import { type Command, ENROLMENT, type Load, load, median } from './load.ts';
import { interpreters, started, stopYardsticks } from './yardsticks.ts';

const SYSTEM = 'lecture';
const KEY = 'GATEWAY_RATE_REQUESTS';
/** Counted, and never reached. */
const MANY = 1_000_000;
const PATIENCE_MS = 45_000;

/** An authorization server, as far as a gateway asks one, and a token of the student who enrols. */
async function authority(): Promise<{ server: Server; issuer: string; authorization: string }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const server = createServer(({ url }, response) => {
    response.end(JSON.stringify(url === '/keys' ? { keys: [key] } : { issuer, jwks_uri: `${issuer}/keys` }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = await new SignJWT({ sub: 'john-doe', roles: ['student'], scope: 'openid classes:write courses:read' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(SYSTEM)
    .setExpirationTime('2h')
    .sign(privateKey);
  return { server, issuer, authorization: `Bearer ${token}` };
}

interface Entrance {
  readonly port: number;
  readonly command: Command;
  readonly rate: number;
}
type Turn = Load & { readonly cpu: number };

/** Starts a gateway that asks for tokens beside the system's own, at the same sidecar. */
async function beside(issuer: string): Promise<{ port: number; process: Process }> {
  const service = (await readTemplate(SYSTEM)).find(({ name }) => name === 'gateway');
  if (!service) throw new Error(`dapr/${SYSTEM}.yaml has no gateway`);
  const at = (port: number): number => port + portOffset;
  const { http, grpc, internal, metrics } = service.ports;
  const ports = { app: at(8085), http: at(http), grpc: at(grpc), internal: at(internal), metrics: at(metrics) };
  const spec = appSpec({ service, number: 1, ports }, await interpreters(), {
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: SYSTEM,
  });
  return { port: ports.app, process: await started({ ...spec, id: 'gateway with tokens' }) };
}

/** Sets the limit for both gateways; the one beside is no sidecar's app, so it is told here. */
async function limit({ build }: Bench, { port, command: { headers = {} } }: Entrance, rate: number): Promise<void> {
  await build.run(['config', SYSTEM, `${KEY}=${rate}`]);
  const gateway = (await build.services()).find(({ appId }) => appId === `${SYSTEM}-gateway`);
  const metadata = await fetch(`http://127.0.0.1:${gateway?.daprHttpPort}/v1.0/metadata`);
  const { components } = (await metadata.json()) as { components: { name: string; type: string }[] };
  const store = components.find(({ type }) => type.startsWith('configuration.'))?.name;
  const at = `http://127.0.0.1:${port}`;
  await fetch(`${at}/configuration/${store}/${KEY}`, { method: 'POST' });
  for (let end = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    const answer = await fetch(`${at}/courses`, { headers });
    await answer.body?.cancel();
    if (answer.ok && answer.headers.has('ratelimit') === rate > 0) return;
    if (Date.now() > end) throw new Error(`the gateway with tokens answers ${answer.status}, and has no new limit`);
  }
}

export async function guarded(bench: Bench): Promise<void> {
  const { build, options, rows, stores } = bench;
  const { server, issuer, authorization } = await authority();
  const { port, process: added } = await beside(issuer);
  const withBoth: Entrance = { port, command: { ...ENROLMENT, headers: { authorization } }, rate: MANY };
  const plain: Entrance = { port: await build.port(`${SYSTEM}-gateway`), command: ENROLMENT, rate: 0 };
  const processes = [...(await build.processes()), added];
  const turn = async ({ port, command, rate }: Entrance, seconds = options.seconds): Promise<Turn> => {
    await limit(bench, withBoth, rate);
    let newest = 0;
    const enrolled = (id: number): void => {
      newest = id;
    };
    const before = await read(stores, processes);
    const result = await load(port, seconds, { enrolled, command });
    // What is left of one must not burden the other.
    for (let tries = 0; tries < 200 && !(await stores.has(`lecture-class||InquiryMypage-of-${newest}`)); tries++)
      await sleep(50);
    return { ...result, cpu: costOf(before, await read(stores, processes), processes, result.done).cpu.all };
  };
  for (const entrance of [withBoth, plain]) await turn(entrance, options.warm / 3);
  const turns: { withBoth: Turn; plain: Turn }[] = [];
  for (let round = 0; round < options.rounds; round++)
    turns.push({ withBoth: await turn(withBoth), plain: await turn(plain) });
  await stopYardsticks();
  server.close().closeAllConnections();
  report(rows, turns);
}

function report(rows: Bench['rows'], turns: readonly { withBoth: Turn; plain: Turn }[]): void {
  const of = (who: 'withBoth' | 'plain', what: (turn: Turn) => number): number =>
    median(turns.map((one) => what(one[who])));
  const ratio = (what: (turn: Turn) => number): number =>
    median(turns.map((one) => what(one.withBoth) / what(one.plain)));
  const failed = [...new Set(turns.flatMap((one) => [failures(one.withBoth), failures(one.plain)]))].join('');
  const row = (name: string, what: (turn: Turn) => number, text: (value: number) => string) => {
    const [own, other] = [of('withBoth', what), of('plain', what)];
    const values = { guarded: own, plain: other, 'guarded / plain': ratio(what) };
    return {
      measure: `tokens and limits: ${name}`,
      figure: text(own) + failed,
      against: `without: ${text(other)}`,
      ratio: ratio(what),
      values,
    };
  };
  const cpu = row(
    'CPU per enrolment, whole system',
    (one) => one.cpu,
    (value) => `${value.toFixed(2)} ms`,
  );
  rows.push({ ...cpu, goal: 'ratio 1.05', met: cpu.ratio <= 1.05 });
  rows.push(
    row(
      'enrolments per second',
      (one) => one.perSecond,
      (value) => value.toFixed(0),
    ),
  );
  rows.push(row('p50', (one) => one.p50, ms));
}
