import express from 'express';
import request from 'supertest';
import { ANSWERED_BYTES, saysItsBytes } from './answered-bytes.ts';
import { sendTagged } from './etag.ts';
import { REFUSALS_AS_ANSWERS, refusalsAsAnswers } from './refusal-as-answer.ts';

const app = express().disable('etag');
saysItsBytes(app);
app
  .use(refusalsAsAnswers)
  .get('/row', (asked, response) => sendTagged(asked, response, { id: 1 }, { name: 'Zo\u00eb' }))
  .get('/refused', (_, response) => void response.status(409).json({ status: 409 }))
  .get('/done', (_, response) => void response.status(204).end())
  .get('/stream', (_, response) => {
    response.write('one');
    response.end('two');
  });

test.each<[path: string, status: number, bytes: string | undefined, head?: Record<string, string>]>([
  ['/row', 200, '15'],
  ['/refused', 409, '14'],
  ['/refused', 200, '14', { [REFUSALS_AS_ANSWERS]: 'yes' }],
  ['/row', 304, undefined, { 'if-none-match': '*' }],
  ['/done', 204, undefined],
  ['/stream', 200, undefined],
])('given %s, when %i is answered, then the bytes it says it has are %s', async (path, wanted, bytes, head = {}) => {
  const { status, headers } = await request(app).get(path).set(head);
  expect({ status, bytes: headers[ANSWERED_BYTES] }).toEqual({ status: wanted, bytes });
});
