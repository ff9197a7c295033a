import { Writable } from 'node:stream';
import winston from 'winston';
import { callersTrace, continueTrace, drawTracesFrom, log, trace, withTrace } from './telemetry.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
const REQUEST = '9f3c1a52-7c1e-4d3b-8a55-0242ac120002';

describe('a trace', () => {
  afterEach(() => {
    delete process.env.TRACE_SAMPLING_RATE;
  });

  test('given one came from outside, then it goes on as it is, recorded or not', () => {
    expect(continueTrace(TRACE, { requestId: REQUEST }).traceparent).toBe(TRACE);
  });

  test('given none came, but a request id that an ingress has in its log, then that is the trace id', () => {
    expect(continueTrace(undefined, { requestId: REQUEST }).traceparent).toMatch(
      /^00-9f3c1a527c1e4d3b8a550242ac120002-[0-9a-f]{16}-01$/,
    );
    expect(continueTrace(undefined, { requestId: 'not-a-uuid' }).traceparent).toMatch(
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
    );
  });

  test('given nobody asked, when a service works, then its trace is new and not recorded', () => {
    expect(trace().traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(trace().traceparent).not.toBe(trace().traceparent);
    const asked = continueTrace(undefined);
    expect(withTrace(asked, trace)).toBe(asked);
  });

  test('given a sidecar brings events, when a service takes them, then the request adds no trace to theirs', () => {
    expect(callersTrace(undefined).traceparent).toMatch(/-00$/);
    expect(callersTrace(TRACE)).toEqual({ traceparent: TRACE });
  });

  test('given a simulation, when traces begin, then they follow from what it draws alone, recorded or not', () => {
    process.env.TRACE_SAMPLING_RATE = '0.5';
    const begun = (): string[] => {
      let drawn = 0;
      drawTracesFrom(() => (0x10000000 + 0x9e3779b1 * ++drawn).toString(16).slice(-8));
      return Array.from({ length: 20 }, () => continueTrace(undefined).traceparent);
    };
    const [first, second] = [begun(), begun()];
    drawTracesFrom();
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(20);
    expect(continueTrace(undefined).traceparent).not.toBe(first[0]);
  });

  test.each([
    ['0', 0, 0],
    ['0.1', 20, 250],
    ['1', 1000, 1000],
  ])('given a sampling rate of %s, when 1000 traces begin, then so many of them are recorded', (rate, least, most) => {
    process.env.TRACE_SAMPLING_RATE = rate;
    const flags = Array.from({ length: 1000 }, () => continueTrace(undefined).traceparent.slice(-2));
    const recorded = flags.filter((flag) => flag === '01').length;
    expect(recorded).toBeGreaterThanOrEqual(least);
    expect(recorded).toBeLessThanOrEqual(most);
    expect(flags.every((flag) => ['00', '01'].includes(flag))).toBe(true);
  });
});

test('given values of any size, when they are logged, then the line is short, and says how long a text was', async () => {
  const lines: string[] = [];
  const stream = new Writable({
    write: (line, _, next) => {
      lines.push(String(line));
      next();
    },
  });
  const transport = new winston.transports.Stream({ stream });
  log.add(transport);
  log.error('m'.repeat(1_000_000), {
    name: 'n'.repeat(1_000_000),
    within: { student: 's'.repeat(1_000_000), list: Array.from({ length: 100_000 }, (_, at) => at) },
  });
  log.remove(transport);
  expect(lines).toHaveLength(1);
  expect(lines[0]!.length).toBeLessThan(20_000);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'error',
    name: expect.stringMatching(/^n{4000} \.\.\. \(1000000 characters\)$/),
  });
});
