import express from 'express';
import request from 'supertest';
import { z } from 'zod';
import { integer, name } from '../domain/schema.ts';
import { jsonBody, parseBody, parsePatch, parseQuery } from './body.ts';
import { traced } from './context.ts';
import { pagingOf } from './paging.ts';
import { asProblem } from './problem.ts';

const Course = z.object({ name, fee: integer, status: z.string().default('OPEN') });
const app = express()
  .use(traced)
  .post('/courses', ...jsonBody, (request, response) => void response.json(parseBody(Course, request)))
  .patch('/courses', ...jsonBody, (request, response) => void response.json(parsePatch(Course, request)))
  .get('/courses', (request, response) => void response.json(pagingOf(request)))
  .get('/search', (request, response) => void response.json(parseQuery(z.object({ q: z.string() }), request)))
  .use(asProblem);

const post = (body: string | Buffer, type = 'application/json') =>
  request(app)
    .post('/courses')
    .set('content-type', type)
    .serialize(String)
    .send(body as string);

test.each([
  ['null', 'null'],
  ['a list', '[]'],
  ['a text', '"x"'],
  ['nothing', ''],
])('given a body that is %s, when it is posted, then 400 asks for a JSON object', async (_, body) => {
  const { status, body: problem } = await post(body);
  expect({ status, detail: problem.detail }).toEqual({ status: 400, detail: 'Send a JSON object.' });
});

test.each([
  ['{"name":"a","fee":1,"fee":2}', 'fee'],
  ['{"name":"\\ud800x","fee":1}', 'name'],
  ['{"name":"a","fee":1e400}', 'fee'],
  ['{"name":"a","fee":" 1"}', 'fee'],
  ['{"name":"a","fee":1,"price":2}', 'price'],
])('given %s, when it is posted, then 400 names the field %s', async (body, field) => {
  const { status, body: problem } = await post(body);
  expect({ status, problem }).toMatchObject({
    status: 400,
    problem: { errors: [{ field }], requestId: expect.any(String), correlationId: expect.any(String) },
  });
});

test('given bytes that are not UTF-8, when they are posted, then 400 says so', async () => {
  const bytes = Buffer.concat([Buffer.from('{"fee":1,"name":"'), Buffer.from([0xb1, 0xe8]), Buffer.from('"}')]);
  const answer = await new Promise<{ status: number; detail: string }>((resolve) => {
    const sent = request(app).post('/courses').set('content-type', 'application/json');
    sent.write(bytes);
    sent.end((_, { status, body }) => resolve({ status, detail: body.detail }));
  });
  expect(answer).toEqual({ status: 400, detail: expect.stringContaining('not UTF-8') });
});

test.each(['application/json; charset=utf-7', 'application/json; charset="euc-kr"', 'application/jsonx', 'text/plain'])(
  'given the content type %s, when it is posted, then 415 under its own title',
  async (type) => {
    const { status, body } = await post('{"name":"a","fee":1}', type);
    expect({ status, title: body.title }).toEqual({ status: 415, title: 'Unsupported Media Type' });
  },
);

test.each(['application/json; charset=UTF-8', 'application/merge-patch+json', 'Application/JSON'])(
  'given the content type %s, when it is posted, then it is taken',
  async (type) => {
    expect((await post('{"name":"a","fee":"1"}', type)).body).toEqual({ name: 'a', fee: 1, status: 'OPEN' });
  },
);

test('given 300 kB, when they are posted, then 413', async () => {
  const { status, body } = await post(JSON.stringify({ name: 'x'.repeat(300_000), fee: 1 }));
  expect({ status, title: body.title }).toEqual({ status: 413, title: 'Content Too Large' });
});

test('given a schema with a default, when a part is patched, then what was not sent is not in it', async () => {
  const { body } = await request(app).patch('/courses').send({ fee: 2 });
  expect(body).toEqual({ fee: 2 });
});

test('given many bodies of one resource, when they are read, then what holds them against it is made once', async () => {
  const Fee = z.object({ fee: integer });
  const made: string[] = [];
  for (const name of ['strict', 'partial'] as const) {
    const make = Fee[name].bind(Fee) as () => typeof Fee;
    Object.assign(Fee, { [name]: () => made.push(name) && make() });
  }
  const fees = express()
    .post('/', ...jsonBody, (request, response) => void response.json(parseBody(Fee, request)))
    .patch('/', ...jsonBody, (request, response) => void response.json(parsePatch(Fee, request)));
  for (const fee of [1, 2, 3]) {
    expect((await request(fees).post('/').send({ fee })).body).toEqual({ fee });
    expect((await request(fees).patch('/').send({ fee })).body).toEqual({ fee });
  }
  expect(made).toEqual(['strict', 'partial']);
});

test.each([
  ['page=%201', 'page'],
  ['page=1e1', 'page'],
  ['page=0x10', 'page'],
  ['page=', 'page'],
  ['page=1&page=2', 'page'],
  ['size=201', 'size'],
  ['size=%2B5', 'size'],
  ['sort=fee', 'sort'],
  ['sort=id&sort=id', 'sort'],
  ['page=%E0%A4%A', 'page'],
])('given the question %s, when a page is asked for, then 400 names %s', async (query, field) => {
  const { status, body } = await request(app).get(`/courses?${query}`);
  expect({ status, errors: body.errors }).toEqual({ status: 400, errors: [{ field, message: expect.any(String) }] });
});

test('given pages, when one is asked for, then it is that one; else the first', async () => {
  expect((await request(app).get('/courses?page=3&size=50&sort=id,desc')).body).toEqual({
    number: 3,
    size: 50,
    descending: true,
    isAsked: true,
  });
  expect((await request(app).get('/courses')).body).toMatchObject({ number: 0, size: 20, isAsked: false });
});

test('given a value in any script, when it is sought, then it is read as UTF-8, and nothing else', async () => {
  expect((await request(app).get('/search?q=%EA%B9%80+a%2Bb')).body).toEqual({ q: '김 a+b' });
  expect((await request(app).get('/search?q=%B1%E8')).status).toBe(400);
});

describe('many mistakes', () => {
  test('given many wrong fields with long names, when they are sent, then 400 names 20, shortened, and counts the others', async () => {
    const fields = Array.from({ length: 200 }, (_, number) => [`${number}${'\u{1f600}'.repeat(200)}`, 1]);
    const { status, body } = await post(JSON.stringify({ name: 'x', fee: 1, ...Object.fromEntries(fields) }));
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(20);
    expect(body.detail).toMatch(/; 180 more are wrong$/);
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
  });
});
