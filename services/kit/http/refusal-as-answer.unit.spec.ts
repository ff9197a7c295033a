import express from 'express';
import request from 'supertest';
import { traced } from './context.ts';
import { notFound } from './not-found.ts';
import { asProblem, Problem } from './problem.ts';
import { REFUSALS_AS_ANSWERS, REFUSED_WITH, refusalsAsAnswers } from './refusal-as-answer.ts';

const statuses: number[] = [];
const app = express()
  .use(traced, refusalsAsAnswers, (_, response, next) => {
    response.once('finish', () => statuses.push(response.statusCode));
    next();
  })
  .get('/made', (_, response) => void response.status(201).json({}))
  .get('/slow', () => {
    throw new Problem(503, 'Service Unavailable', 'Come again.');
  })
  .use(notFound(), asProblem);

const get = (path: string) => request(app).get(path).set(REFUSALS_AS_ANSWERS, 'yes');

describe('refusals as answers', () => {
  test('given a mistake of the client, when it is asked so, then the sidecar sees 200, and status and problem are there', async () => {
    const { status, headers, body } = await get('/nowhere');
    expect({ status, refused: headers[REFUSED_WITH], body }).toMatchObject({
      status: 200,
      refused: '404',
      body: { status: 404, title: 'Not Found' },
    });
    expect(statuses.at(-1)).toBe(404);
  });

  test.each([
    ['/made', 201],
    ['/slow', 503],
  ])('given %s, when it is asked so, then %i as ever: a failure of ours counts', async (path, wanted) => {
    const { status, headers } = await get(path);
    expect({ status, refused: headers[REFUSED_WITH] }).toEqual({ status: wanted, refused: undefined });
  });

  test('given nobody asks so, when a client makes a mistake, then 404', async () => {
    expect((await request(app).get('/nowhere')).status).toBe(404);
  });

  test('given a service behind a prefix, when nothing is there, then the problem names the path that the client called', async () => {
    const { body } = await request(app).get('/products/x/y').set('x-public-base', 'https://shop.example/api/rental');
    expect(body.detail).toBe('There is nothing at GET /api/rental/products/x/y.');
  });
});
