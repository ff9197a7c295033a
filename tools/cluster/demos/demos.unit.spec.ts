import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../run/paths.ts';
import { outcomeOf } from '../knock.ts';
import { expressionsOf, figuresIn, millisecondsOf } from './figures.ts';
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
