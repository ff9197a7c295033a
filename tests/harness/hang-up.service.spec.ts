import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gateway } from '../../services/gateway/app.ts';
import { ANSWERED_BY, ANSWERED_BYTES, Sidecar } from '../../services/kit/index.ts';
import { infrastructure } from '../../tools/run/infrastructure/infra.ts';
import { renderComponents } from '../../tools/run/infrastructure/render.ts';
import { readTemplate } from '../../tools/run/infrastructure/templates.ts';
import { home } from '../../tools/run/paths.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { Child } from '../../tools/run/supervisor/child.ts';
import { defaultPorts, sidecarSpec } from '../../tools/run/supervisor/services.ts';

/** Answers that end in the middle: the gateway gives the call up (docs/decisions/0023-time-limits.md), or the service is killed. */

/** Takes seconds to pass on, so that every call is given up in the middle of it. */
const PART = Buffer.alloc(3_000);
const PARTS = 40_000;
const service = createServer((request, response) => {
  if (request.url === '/dapr/subscribe') return response.writeHead(404).end();
  if (request.url === '/rentals/half') {
    response.writeHead(200, { [ANSWERED_BY]: 'rental-rental', [ANSWERED_BYTES]: PART.length + 1 });
    return void response.write(PART, () => response.destroy());
  }
  let sent = 0;
  const more = (): void => {
    while (sent++ < PARTS) if (!response.write(PART)) return void response.once('drain', more);
    response.end();
  };
  more();
});

const children: Child[] = [];
const sidecars: Child[] = [];
let port = 0;

beforeAll(async () => {
  const silent = (): void => undefined;
  const { specs, addresses, prepare } = await infrastructure('light', ['rental'], silent);
  children.push(...specs.map((spec) => new Child(spec, join(home, 'logs', `${spec.id}.log`))));
  // Whatever goes wrong, nothing is left running.
  process.once('exit', () => {
    for (const child of [...sidecars, ...children]) child.kill();
  });
  for (const child of children) child.start();
  for (const child of children) await child.whenHealthy(30_000);
  await prepare();
  const rendered = await renderComponents('light', ['rental'], addresses);
  const { command } = await daprd(silent);
  for (const template of await readTemplate('rental')) {
    const ports = defaultPorts(template, 1);
    if (template.appId === 'rental-gateway') port = ports.http;
    else if (template.appId !== 'rental-rental') continue;
    else service.listen(ports.app, '127.0.0.1');
    const spec = sidecarSpec({ service: template, number: 1, ports }, command, rendered);
    sidecars.push(new Child(spec, join(home, 'logs', `${spec.id}.log`)));
  }
  for (const sidecar of sidecars) sidecar.start();
  // A sidecar that has just started does not know the other one yet.
  while ((await givenUp(0)) !== 200) await sleep(200);
}, 120_000);
afterAll(async () => {
  service.closeAllConnections();
  service.close();
  for (const child of [...sidecars, ...children]) await child.stop();
}, 60_000);

/** Asks the gateway's sidecar for it, and leaves so many milliseconds after the answer began. @returns its status; undefined: none came */
const givenUp = (ms: number): Promise<number | undefined> =>
  new Promise((done) => {
    const asked = get({ port, path: '/v1.0/invoke/rental-rental/method/rentals' }, (answer) => {
      answer.on('data', () => undefined).on('error', () => undefined);
      void sleep(ms).then(() => asked.destroy());
      done(answer.statusCode);
    });
    asked.on('error', () => done(undefined));
  });

test("given answers that are given up in the middle, when a hundred are, then the gateway's sidecar lives and answers", async () => {
  const statuses: (number | undefined)[] = [];
  for (let round = 0; round < 25; round++)
    statuses.push(...(await Promise.all(Array.from({ length: 4 }, (_, n) => givenUp(round + 10 * n)))));
  expect(statuses.filter((status) => status === 200)).toHaveLength(100);
  expect(sidecars.map(({ restarts }) => restarts)).toEqual([0, 0]);
}, 60_000);

test('given a service that is killed in the middle of its answer, when its sidecar ends that as a whole one, then 503', async () => {
  const entrance = gateway(new Sidecar(port, 'rental-gateway'));
  await once(entrance.listen(0, '127.0.0.1'), 'listening');
  const { port: open } = entrance.address() as AddressInfo;
  const ask = async (base: string): Promise<[status: number, bytes: number]> => {
    const answer = await fetch(`${base}/rentals/half`);
    return [answer.status, (await answer.arrayBuffer()).byteLength];
  };
  try {
    expect(await ask(`http://127.0.0.1:${port}/v1.0/invoke/rental-rental/method`)).toEqual([200, PART.length]);
    expect(await ask(`http://127.0.0.1:${open}`)).toEqual([503, expect.any(Number)]);
  } finally {
    entrance.closeAllConnections();
    entrance.close();
  }
});
