import express from 'express';
import request from 'supertest';
import { z } from 'zod';
import { RuleViolation } from '../domain/aggregate.ts';
import {
  CalleeProtocolError,
  CalleeUnavailable,
  InvalidInput,
  InvariantBroken,
  NotYet,
  Overloaded,
  StoreRejected,
  Unavailable,
} from '../errors.ts';
import { log } from '../telemetry/telemetry.ts';
import { traced } from './context.ts';
import { asProblem, problemOf } from './problem.ts';

const INNER = 'mysql://root@10.0.0.7: /srv/app.ts:3';
const zodError = z.object({ approved: z.boolean() }).safeParse({ aproved: true }).error;

async function answerTo(error: unknown, method: 'get' | 'post' = 'post') {
  const app = express();
  app.use(traced);
  app[method]('/x', () => {
    throw error;
  });
  return request(app.use(asProblem))[method]('/x').set('x-request-id', 'asked-1');
}

let lines: { level: string; message: string }[] = [];
const note = ({ level, message }: { level: string; message: string }): void => void lines.push({ level, message });
beforeAll(() => {
  for (const transport of log.transports) transport.silent = true;
  log.on('data', note);
});
beforeEach(() => {
  lines = [];
});
afterAll(() => void log.off('data', note));

test.each([
  [
    'input that cannot be meant',
    new InvalidInput([{ field: 'fee', message: 'is missing' }]),
    400,
    undefined,
    undefined,
  ],
  ['a rule', new RuleViolation('no'), 422, undefined, undefined],
  ['a store that is away', new Unavailable('the store does not answer', INNER), 503, '1', 'unknown'],
  ['no room', new Overloaded('there is no room'), 503, '1', undefined],
  ['a callee that is down', new CalleeUnavailable('lecture-pay', 'down', false, INNER), 503, '1', undefined],
  ['a breaker that is open', new CalleeUnavailable('lecture-pay', 'open', false, INNER), 503, '5', undefined],
  ['a callee that answers nonsense', new CalleeProtocolError('lecture-pay', INNER), 503, '1', 'unknown'],
  ['a store that refuses for good', new StoreRejected('the record is too large', INNER), 422, undefined, undefined],
  ['something that is not there yet', new NotYet('not yet', INNER), 503, '1', undefined],
  ['an own state that is wrong', new InvariantBroken('a course without a name', INNER), 500, undefined, undefined],
  ['zod outside of a request', zodError, 500, undefined, undefined],
  ['an own fault', new TypeError(`x is not a function ${INNER}`), 500, undefined, undefined],
  ['something thrown that is no error', 'boom', 500, undefined, undefined],
])(
  'given %s, when a command fails by it, then the answer says whose fault it is and nothing inner',
  async (_, error, status, retry, outcome) => {
    const { status: is, headers, body, text } = await answerTo(error);
    expect({ status: is, retry: headers['retry-after'], outcome: body.outcome }).toEqual({ status, retry, outcome });
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({
      status,
      title: expect.any(String),
      requestId: 'asked-1',
      correlationId: expect.any(String),
    });
    expect(headers['x-request-id']).toBe('asked-1');
    expect(text).not.toMatch(/mysql|10\.0|\.ts|approved/);
  },
);

test.each([
  [
    'a callee that answers nonsense',
    new CalleeProtocolError('lecture-pay', INNER),
    'a callee does not answer as agreed',
  ],
  ['zod outside of a request', zodError, 'a request failed'],
])('given %s, when a command fails by it, then an operator is told', async (_, error, message) => {
  await answerTo(error);
  expect(lines).toEqual([{ level: 'error', message }]);
});

test('given a store that is away, when something is read, then nothing is said of an outcome or of keys', async () => {
  const { body } = await answerTo(new Unavailable('the store does not answer', INNER), 'get');
  expect(body).toMatchObject({ status: 503, detail: 'the store does not answer. Please try again in a moment.' });
  expect(body).not.toHaveProperty('outcome');
});

test('given an error, when its problem is made and not sent, then nothing is counted or logged', () => {
  problemOf(new RuleViolation('no'));
  problemOf(new TypeError('x'));
  expect(lines).toEqual([]);
});
