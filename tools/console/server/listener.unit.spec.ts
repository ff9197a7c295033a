import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Listener } from './listener.ts';

test('given a stream that ends, when it is listened to again, then it goes on where it was, for another listener, too', async () => {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['last-event-id']);
    const [first, second] = [
      { leftOut: 0, entries: [{ n: asked.length }] },
      { leftOut: 3, entries: [] },
    ];
    // In pieces, as a network may bring it.
    response.write(`:\n\nid: boot.${asked.length}\nda`);
    setImmediate(() => response.end(`ta: ${JSON.stringify(asked.length < 3 ? first : second)}\n\n`));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const taken: unknown[] = [];
  const listen = (lastId: string, count: number): Promise<Listener> =>
    new Promise((resolve) => {
      const listener = new Listener(
        () => ({ host: '127.0.0.1', port, headers: {} }),
        lastId,
        (entries, leftOut) => {
          taken.push(...entries, ...(leftOut > 0 ? [leftOut] : []));
          if (taken.length === count) resolve(listener);
        },
      );
    });
  const one = await listen('', 2);
  one.close();
  const other = await listen(one.lastId, 3);
  other.close();
  server.close();
  expect([asked, taken]).toEqual([
    [undefined, 'boot.1', 'boot.2'],
    [{ n: 1 }, { n: 2 }, 3],
  ]);
});
