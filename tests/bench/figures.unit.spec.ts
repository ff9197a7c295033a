import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countBatches, type Positions } from './batches.ts';
import { metricSums, perEnrolment, redisCounts, sidecarCounts, statusCounts } from './counts.ts';
import { cpuUsed } from './cpu.ts';
import { tally } from './growth.ts';
import { topFunctions } from './profile.ts';
import { figuresOf, middle, ratiosOf } from './ratios.ts';
import { likeIts } from './yardsticks.ts';

test('given commands of stream and store, when a Redis is read, then trips of broker and bench are not of the store', () => {
  const commands = [
    '# Commandstats',
    'cmdstat_xadd:calls=10,usec=1,usec_per_call=1.00',
    'cmdstat_xgroup|create:calls=2,usec=1',
    'cmdstat_evalsha:calls=40,usec=3',
    'cmdstat_exists:calls=7,usec=3',
  ].join('\r\n');
  const counts = redisCounts('total_reads_processed:100\r\n', commands, 9);
  expect(counts.broker).toEqual({ xadd: 10, all: 10 });
  expect(counts.store).toEqual({ 'xgroup|create': 2, evalsha: 40, all: 81 });
});

test('given a status of MySQL, when it is read, then a prepared statement is a trip of its own and ours are left out', () => {
  const status = [
    ['Com_insert', '5'],
    ['Com_stmt_prepare', '6'],
    ['Com_delete', '0'],
    ['Questions', '20'],
    ['Uptime', '99'],
  ] as const;
  expect(statusCounts(status, 3)).toEqual({ insert: 5, stmt_prepare: 6, all: 23 });
});

test('given metrics of a sidecar, when they are read, then its calls are those of HTTP and gRPC, and each work is named', () => {
  const text = [
    '# TYPE dapr_http_server_request_count counter',
    'dapr_http_server_request_count{app_id="a",method="POST",status="200"} 3',
    'dapr_http_server_request_count{app_id="a",method="GET",status="200"} 4',
    'dapr_grpc_io_server_completed_rpcs{grpc_server_method="x{y}"} 2',
    'dapr_component_state_count{operation="get"} 1.5e+01',
    '',
  ].join('\n');
  expect(sidecarCounts(text)).toEqual({ all: 9, state: 15 });
  expect(metricSums(text, 'method')).toMatchObject({
    'dapr_http_server_request_count POST': 3,
    'dapr_http_server_request_count GET': 4,
  });
});

test('given two counts, when they are told per enrolment, then the sum is first, then the most, and nothing unasked', () => {
  const found = perEnrolment({ all: 10, get: 5, old: 7 }, { get: 9, set: 8, old: 7, all: 30 }, 4);
  expect(Object.entries(found)).toEqual([
    ['all', 5],
    ['set', 2],
    ['get', 1],
  ]);
});

test('given CPU times, when they are told per enrolment, then by kind, and not a number where one cannot be read', () => {
  const processes = [
    { id: 'a', pid: 1, kind: 'app' },
    { id: 'a.daprd', pid: 2, kind: 'sidecar' },
    { id: 'redis', pid: 3, kind: 'store' },
  ] as const;
  const before = new Map(processes.map(({ id }) => [id as string, 100]));
  const after = new Map([
    ['a', 120],
    ['a.daprd', 140],
    ['redis', 110],
    ['load generator', 999],
  ]);
  expect(cpuUsed(before, after, processes, 10)).toEqual({ app: 2, sidecar: 4, store: 1, all: 7 });
  expect(cpuUsed(new Map(), new Map(), processes, 10).all).toBeNaN();
});

test('given two rounds of two builds, when they are compared, then each figure of both has its ratio and its spread', () => {
  const round = (own: number, other: number) => ({
    own: figuresOf([{ measure: 'rate', values: { 'per second': own, gone: Number.NaN } }]),
    other: figuresOf([{ measure: 'rate', values: { 'per second': other, gone: 1 } }]),
  });
  const [found, ...more] = ratiosOf([round(120, 100), round(150, 100)]);
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    name: 'rate: per second',
    own: 135,
    other: 100,
    ratio: 1.35,
    least: 1.2,
    isClear: true,
  });
  expect(ratiosOf([round(120, 100), round(90, 100)])[0]).toMatchObject({ least: 0.9, greatest: 1.2, isClear: false });
  expect(ratiosOf([round(120, 100)])[0]?.isClear).toBe(false);
  expect(middle([3, 1, 2])).toBe(2);
});

test('given a log of Kafka that grows, when its batches are counted again, then events and positions count apart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'batches-'));
  try {
    const batch = (length: number): Buffer => {
      const bytes = Buffer.alloc(12 + length);
      bytes.writeInt32BE(length, 8);
      return bytes;
    };
    for (const name of ['lecture-0', '__consumer_offsets-1', '__cluster_metadata-0']) await mkdir(join(folder, name));
    const log = join(folder, 'lecture-0/00000000000000000000.log');
    const half = batch(80).subarray(0, 50);
    await writeFile(join(folder, '__consumer_offsets-1/00000000000000000000.log'), batch(70));
    await writeFile(join(folder, '__cluster_metadata-0/00000000000000000000.log'), batch(70));
    await writeFile(log, Buffer.concat([batch(100), batch(61), half]));
    const positions: Positions = new Map();
    expect(await countBatches(folder, positions)).toMatchObject({ 'batches of events': 2, all: 3 });
    await writeFile(log, Buffer.concat([batch(100), batch(61), batch(80)]));
    expect(await countBatches(folder, positions)).toMatchObject({ 'batches of events': 3, 'commits of positions': 1 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('given a profile of an engine, when its top is asked for, then only the time of the load counts, without idling', () => {
  const node = (id: number, functionName: string) => ({
    id,
    callFrame: { functionName, url: 'file:///x/dist/class.js', lineNumber: 4 },
  });
  const profile = {
    nodes: [
      node(1, 'start'),
      node(2, 'handle'),
      { ...node(3, '(idle)'), callFrame: { functionName: '(idle)', url: '', lineNumber: -1 } },
    ],
    startTime: 1_000,
    samples: [1, 2, 3, 2, 1],
    timeDeltas: [0, 2_000, 3_000, 4_000, 5_000],
  };
  expect(topFunctions(profile, 2_000, 12_000)).toEqual([['handle class.js:5', 8]]);
});

test('given a sidecar of a build, when another is started like it, then only what tells them apart is its own', () => {
  const its = ['daprd', '--app-id=a', '--metrics-port=1', '--log-level=warn', '--enable-profiling', '--profile-port=2'];
  expect(likeIts(its, ['daprd', '--app-id=b', '--metrics-port=3', '--log-level=info'])).toEqual([
    'daprd',
    '--log-level=warn',
    '--app-id=b',
    '--metrics-port=3',
  ]);
});

test('given events of several types, when they are tallied, then a number that came twice is seen', () => {
  const published = [1, 2, 2].map((id) => ({ at: 0, event: { type: 'CourseCanceled', time: '', data: { id } } }));
  const other = { at: 0, event: { type: 'PaymentCanceled', time: '', data: { id: 1 } } };
  expect([...tally([...published, other], 'CourseCanceled')]).toEqual([
    [1, 1],
    [2, 2],
  ]);
});
