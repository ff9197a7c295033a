import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { serve } from './serve.ts';

const { HOST, APP_PORT } = process.env;
const hasIPv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));
const V4 = '127.0.0.1';
const V6 = '[::1]';
let server: Server | undefined;

async function freePort(): Promise<number> {
  const taker = createNetServer().listen(0, V4);
  await once(taker, 'listening');
  const { port } = taker.address() as AddressInfo;
  taker.close();
  await once(taker, 'close');
  return port;
}

/** Where a service answers that was started with this HOST. */
async function answersAt(host: string | undefined): Promise<string[]> {
  process.env.APP_PORT = String(await freePort());
  if (host === undefined) delete process.env.HOST;
  else process.env.HOST = host;
  server = createServer((_, response) => response.end());
  const of = (signal: 'SIGTERM' | 'SIGINT') => process.listeners(signal);
  const before = [...of('SIGTERM'), ...of('SIGINT')];
  await serve({ app: server, start: async () => undefined, close: async () => undefined });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    for (const listener of of(signal)) if (!before.includes(listener)) process.off(signal, listener);
  const tried = [V4, V6].map((address) =>
    fetch(`http://${address}:${process.env.APP_PORT}`).then(
      () => [address],
      () => [],
    ),
  );
  return (await Promise.all(tried)).flat();
}

afterEach(() => {
  server?.close();
  for (const [name, value] of Object.entries({ HOST, APP_PORT }))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
});

describe('a service', () => {
  test('given a laptop, where HOST says nothing, then it answers on 127.0.0.1 alone', async () => {
    expect(await answersAt(undefined)).toEqual([V4]);
  });

  test('given a pod, where HOST is ::, then it answers on IPv4 and, where there is one, on IPv6', async () => {
    expect(await answersAt('::')).toEqual(hasIPv6 ? [V4, V6] : [V4]);
  });
});
