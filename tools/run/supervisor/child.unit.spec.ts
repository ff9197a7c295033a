import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.ts';
import { takenPort } from './logs.ts';

test.each([
  ['Error: listen EADDRINUSE: address already in use 127.0.0.1:8081', 8081],
  [
    '{"level":"error","message":"listen EADDRINUSE: address already in use 127.0.0.1:8081","timestamp":"2026-01-02T03:04:05Z"}',
    8081,
  ],
  [
    'time="2026-01-02T03:04:05.6+09:00" level=fatal msg="failed to listen: listen tcp 127.0.0.1:3501: bind: address already in use" ver=1.18.2',
    3501,
  ],
  [
    '12:M 02 Jan 2026 03:04:05 # Warning: Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use',
    6379,
  ],
  ['OSError: [Errno 98] Address already in use', 4444],
  ['everything is fine on port 4444', undefined],
])('given a log that says %s, when it is read, then the port that is taken is %s', (line, port) => {
  expect(takenPort(`starting\n${line}\nthe end`, 4444)).toBe(port);
});

test('given a port that somebody took after it was looked at, when a process starts on it, then the port is told at once', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'madang-child-'));
  const spec = {
    ...{ id: 'school-course', kind: 'app' as const, env: {}, cwd: folder, port, stopTimeoutMs: 1_000 },
    command: [process.execPath, '-e', `require('node:net').createServer().listen(${port}, '127.0.0.1')`],
    ready: async () => false,
    stopSignal: 'SIGTERM' as const,
  };
  const child = new Child(spec, join(folder, 'course.log'));
  child.start();
  const start = performance.now();
  await expect(child.whenHealthy(60_000)).rejects.toThrow(`Port ${port}, which school-course needs, is in use by`);
  expect(performance.now() - start).toBeLessThan(20_000);
  await child.stop();
  other.close();
});
