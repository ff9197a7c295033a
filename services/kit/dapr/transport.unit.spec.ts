import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpTransport } from './transport.ts';

/** What a sidecar finds in the head of a request of this transport. */
async function headOf(options: { token?: string }): Promise<IncomingHttpHeaders> {
  let seen: IncomingHttpHeaders = {};
  const sidecar = createServer((request, response) => {
    seen = request.headers;
    response.end();
  });
  await once(sidecar.listen(0, '127.0.0.1'), 'listening');
  const transport = httpTransport((sidecar.address() as AddressInfo).port, options);
  try {
    await transport.request({ method: 'GET', path: '/v1.0/metadata', headers: { traceparent: 'a' } });
  } finally {
    await transport.close();
    sidecar.close();
  }
  return seen;
}

test('given a sidecar with an API token, when it is asked, then the request has the token beside its own headers', async () => {
  expect(await headOf({ token: 'secret' })).toMatchObject({ 'dapr-api-token': 'secret', traceparent: 'a' });
});

test('given a sidecar without an API token, when it is asked, then the request has none', async () => {
  expect(await headOf({})).not.toHaveProperty('dapr-api-token');
});
