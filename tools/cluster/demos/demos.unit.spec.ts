import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { root } from '../../run/paths.ts';
import { outcomeOf } from '../knock.ts';
import { sumsOf } from '../quiet.ts';
import { expressionsOf, figuresIn, millisecondsOf } from './figures.ts';
import { commandsOf, disagreements, type Records } from './restore.ts';
import { settled, tracesIn } from './sampling.ts';
import { shapeOf, type Trace } from './trace.ts';

describe('knocking', () => {
  test.each([
    ['', 'closed'],
    ['HTTP/1.1 403 Forbidden\r\nserver: istio-envoy\r\n\r\nRBAC: access denied', 'turned away'],
    ['HTTP/1.1 503 Service Unavailable\r\nserver: envoy\r\n\r\nupstream connect error', 'turned away'],
    ['HTTP/1.1 503 Service Unavailable\r\n\r\nwaits for the store', 'answers'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'answers'],
    ['-NOAUTH Authentication required.\r\n', 'answers'],
    ['\x15\x03\x03\x00\x02\x02\x46', 'answers'],
  ])('given a server says %j, then it %s', (said, outcome) => expect(outcomeOf(said)).toBe(outcome));
});

describe('a trace', () => {
  const span = (spanID: string, processID: string, parent?: string) => ({
    spanID,
    processID,
    references: parent ? [{ refType: 'CHILD_OF', spanID: parent }] : [],
  });
  const processes = { a: { serviceName: 'ingress' }, b: { serviceName: 'lecture-gateway' } };

  test('given every parent is there, then one root and no orphan, and whose spans they are', () => {
    const whole: Trace = { spans: [span('1', 'a'), span('2', 'b', '1'), span('3', 'b', '2')], processes };
    expect(shapeOf(whole)).toEqual({ roots: 1, orphans: 0, services: ['ingress', 'lecture-gateway'] });
  });

  test('given the parent of the first span is the client, who tells nobody, then it is an orphan', () => {
    const torn: Trace = { spans: [span('2', 'b', 'client'), span('3', 'b', '2')], processes };
    expect(shapeOf(torn)).toEqual({ roots: 0, orphans: 1, services: ['lecture-gateway'] });
  });
});

describe('sampling', () => {
  const patience = { quietMs: 40, firstMs: 4_000, limitMs: 20_000, everyMs: 10 };
  const counting = (...counts: number[]) => {
    let last = 0;
    return async () => (last = counts.shift() ?? last);
  };

  test('given traces that come late, when they are counted, then all of them are', async () => {
    const late = [...Array.from({ length: 10 }, () => 0), 60, 60, 100];
    expect(await settled(counting(...late), 100, patience)).toBe(100);
    expect(await settled(counting(1, 2, 3), 1, patience)).toBe(3);
  });

  test('given no trace is expected, when none comes for a while, then there is none', async () => {
    const began = Date.now();
    expect(await settled(counting(), 0, patience)).toBe(0);
    expect(Date.now() - began).toBeLessThan(patience.firstMs);
  });

  test.each([
    [200, '{"data":[{},{}],"errors":null}', 2],
    [500, '{"data":null,"errors":[{"code":500,"msg":"no storage"}]}', /Jaeger answers 500: .*no storage/],
  ])('given Jaeger answers %s %s, when traces are counted, then it is %s', async (status, said, expected) => {
    const jaeger = createServer((_, response) => void response.writeHead(status).end(said)).listen(0, '127.0.0.1');
    await once(jaeger, 'listening');
    const counted = tracesIn((jaeger.address() as AddressInfo).port, 0, 1);
    if (typeof expected === 'number') expect(await counted).toBe(expected);
    else await expect(counted).rejects.toThrow(expected);
    jaeger.close();
  });
});

describe('figures', () => {
  test('given the dashboards, when their variables are filled in, then none is left', async () => {
    const folder = join(root, 'helm/madang/monitoring/dashboards');
    for (const name of await readdir(folder)) {
      const expressions = expressionsOf(await readFile(join(folder, name), 'utf8'), 'shop');
      expect(expressions.length).toBeGreaterThan(3);
      expect(expressions.filter((expr) => expr.includes('$') && !/"\$\d"/.test(expr))).toEqual([]);
    }
  });

  test('given a rule, then the figures it is about, and how long it must hold', () => {
    expect(figuresIn('sum(rate(madang_a_total{x="y"}[5m])) / sum(rate(dapr_b[5m])) > 1')).toEqual([
      'madang_a_total',
      'dapr_b',
    ]);
    expect([millisecondsOf('30s'), millisecondsOf('10m'), millisecondsOf(undefined)]).toEqual([30_000, 600_000, 0]);
  });
});

test('given the figures of a service, when some are summed, then each over its labels, and by its whole name', () => {
  const text = 'madang_a 2\nmadang_b_total{x="1"} 3\nmadang_b_total{x="2"} 4\nmadang_a_longer 5\n';
  expect(sumsOf(text, ['madang_a', 'madang_b_total', 'madang_c'])).toEqual([2, 7, 0]);
});

describe('a restore', () => {
  test('given the document, when its commands are read, then they stand as the shell needs them', async () => {
    const document = await readFile(join(root, 'docs/operations/backup.md'), 'utf8');
    for (const section of ['Back up', 'Restore']) {
      const commands = commandsOf(document, section);
      expect(commands.length).toBeGreaterThan(2);
      for (const one of commands) expect(one).toMatch(/^\S/);
      expect(commands.join('').match(/<<'?END/g)?.length ?? 0).toBe(commands.join('').match(/^END$/gm)?.length ?? 0);
    }
  });

  const empty: Records = { classes: [], payments: [], deliveries: [], points: [], gifts: [], inquiryMypages: [] };
  const whole = (id: number, status = 'PAYMENT_COMPLETED'): Records => {
    const one = [{ classId: id }];
    return {
      classes: [{ id }],
      payments: [{ classId: id, status }],
      deliveries: one,
      points: one,
      gifts: one,
      inquiryMypages: one,
    };
  };
  test.each<[what: string, records: Records, found: string[]]>([
    ['is whole', whole(7), []],
    ['was undone with its payment', { ...whole(7, 'CANCEL'), classes: [] }, []],
    ['is old', { ...whole(3), gifts: [] }, []],
    ['has no gift', { ...whole(7), gifts: [] }, ['enrolment 7 has nothing in gifts']],
    ['has two', { ...whole(7), points: [{ classId: 7 }, { classId: 7 }] }, ['points has two of enrolment 7']],
    [
      'is not there, and its delivery is',
      { ...empty, deliveries: [{ classId: 7 }] },
      ['deliveries has something of enrolment 7, which is not there'],
    ],
  ])('given an enrolment that %s, then that is what is said', (_, records, found) =>
    expect(disagreements(records, (id) => id > 5)).toEqual(found),
  );
});
