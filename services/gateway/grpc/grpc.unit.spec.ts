import { readFile } from 'node:fs/promises';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { SidecarAnswer } from '../../kit/index.ts';
import { Refused } from '../admission.ts';
import type { Options } from '../options.ts';
import { closeAll, configured, type Opened as Gateway, open, said, serverOf, silence } from '../testing.ts';
import { packageOf } from './definitions.ts';
import { HEALTH, REFLECTION } from './protocols.ts';
import { type Opened, openGrpc } from './server.ts';

type Fields = Record<string, unknown>;
interface Answered {
  readonly error: ServiceError | null;
  readonly message: Fields | undefined;
  readonly metadata: Metadata;
}

const proto = await readFile('docs/proto/lecture.proto', 'utf8');
const document = JSON.parse(await readFile('docs/openapi/lecture.json', 'utf8')) as object;
const clients: Client[] = [];
const servers: Opened[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await closeAll();
  for (const server of servers.splice(0)) await server.close();
});

/** A gateway of lecture whose sidecar answers as the test says, and its entrance for gRPC. */
async function opened(answer?: Gateway['answer'], options: Options = {}): Promise<{ gateway: Gateway; port: number }> {
  const gateway = await open(options, answer);
  const server = await openGrpc({
    gateway: serverOf(gateway),
    system: 'lecture',
    document,
    proto,
    port: 0,
    host: '127.0.0.1',
    log: { error: () => undefined },
    limits: { ...options.limits },
  });
  servers.push(server);
  return { gateway, port: server.port };
}

function clientOf(port: number, service: string, text = proto): Client {
  const [name = '', ...path] = service.split('.').reverse();
  let found: unknown = loadPackageDefinition(packageOf(text));
  for (const part of path.reverse()) found = (found as Fields)[part];
  const Made = (found as Record<string, ServiceClientConstructor>)[name];
  if (!Made) throw new Error(`no service ${service}`);
  const client = new Made(`127.0.0.1:${port}`, credentials.createInsecure());
  clients.push(client);
  return client;
}

/** Calls a method; what came of it. */
function call(
  client: Client,
  method: string,
  fields: Fields = {},
  metadata: Fields = {},
  withinMs = 5_000,
): Promise<Answered> {
  const sent = new Metadata();
  for (const [name, value] of Object.entries(metadata)) sent.set(name, String(value));
  return new Promise((resolve) => {
    let first = new Metadata();
    const methods = client as unknown as Record<string, (...words: unknown[]) => NodeJS.EventEmitter>;
    methods[method]?.(
      fields,
      sent,
      { deadline: Date.now() + withinMs },
      (error: ServiceError | null, message: Fields) => resolve({ error, message, metadata: error?.metadata ?? first }),
    ).on('metadata', (came: Metadata) => {
      first = came;
    });
  });
}

const problem = (httpStatus: number, more: Fields = {}, headers: Record<string, string> = {}): SidecarAnswer =>
  said(
    httpStatus,
    JSON.stringify({ type: 'about:blank', title: 'x', status: httpStatus, detail: 'so 그래서', ...more }),
    {
      'content-type': 'application/problem+json',
      ...headers,
    },
  );

const COURSE = { id: 9_007_199_254_740_991, name: '한국어', teacher: 'hong', fee: 0, textBook: 'kor_book' };

test('given a command, when it is called, then the service gets the request that HTTP would bring, and its answer comes', async () => {
  const { gateway, port } = await opened(() =>
    said(201, JSON.stringify({ ...COURSE, _links: {} }), { etag: '"1"', location: 'http://x/courses/1' }),
  );
  const body = { name: '한국어', teacher: 'hong', fee: '0' };
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answered = await call(
    clientOf(port, 'madang.lecture.v1.CourseService'),
    'PostCourses',
    { body },
    {
      'idempotency-key': 'once',
      traceparent,
    },
  );
  expect(answered.error).toBeNull();
  expect(answered.message).toEqual({ ...COURSE, id: '9007199254740991', fee: '0' });
  expect(answered.metadata.get('etag')).toEqual(['"1"']);
  expect(gateway.asked).toMatchObject([
    { method: 'POST', path: '/v1.0/invoke/lecture-course/method/courses', headers: { 'idempotency-key': 'once' } },
  ]);
  expect(gateway.asked[0]?.headers.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
  expect(JSON.parse(String(gateway.asked[0]?.body))).toEqual({ name: '한국어', teacher: 'hong', fee: 0 });
});

test('given a collection, when a page of it is called, then rows, page and the number of the next come', async () => {
  const page = {
    _embedded: { classes: [{ id: 2, courseId: 1 }] },
    _links: { self: { href: 'http://x/classes' }, next: { href: 'http://x/classes?size=1&page=1' } },
    page: { number: 0, size: 1 },
  };
  const { gateway, port } = await opened(() => said(200, JSON.stringify(page)));
  const received = await call(clientOf(port, 'madang.lecture.v1.ClassService'), 'GetClasses', {
    size: 1,
    sort: 'id,desc',
  });
  expect(received.message).toEqual({
    classes: [{ id: '2', courseId: '1' }],
    page: { number: '0', size: '1', next: '1' },
  });
  expect(gateway.asked[0]?.path).toMatch(/classes\?size=1&sort=id%2Cdesc$/);
});

test.each([
  [400, 'INVALID_ARGUMENT'],
  [404, 'NOT_FOUND'],
  [405, 'UNIMPLEMENTED'],
  [409, 'ABORTED'],
  [412, 'FAILED_PRECONDITION'],
  [413, 'RESOURCE_EXHAUSTED'],
  [415, 'INVALID_ARGUMENT'],
  [422, 'FAILED_PRECONDITION'],
  [429, 'RESOURCE_EXHAUSTED'],
  [500, 'INTERNAL'],
  [503, 'UNAVAILABLE'],
] as const)(
  'given a service that answers %i, when it is called, then the code is %s, with the problem',
  async (code, name) => {
    const errors = [{ field: 'fee', message: 'must be a number' }];
    const { port } = await opened(() => problem(code, { errors }, { 'retry-after': '5' }));
    const given = await call(clientOf(port, 'madang.lecture.v1.ClassService'), 'DeleteClassesId', { id: 1 });
    expect(given.error).toMatchObject({ code: status[name], details: 'so 그래서' });
    expect(JSON.parse(String(given.metadata.get('problem-bin')[0]))).toMatchObject({ status: code, errors });
    expect(given.metadata.get('retry-after')).toEqual(['5']);
    expect(String(given.metadata.get('grpc-status-details-bin')[0])).toMatch(
      /google.rpc.RetryInfo.*google.rpc.BadRequest/s,
    );
  },
);

test('given who needs a token, when he comes without one, then UNAUTHENTICATED; with it, he is let in', async () => {
  const admission = async (authorization: string | undefined) => {
    if (authorization !== 'Bearer good') throw new Refused(401, 'A token is needed here.', 'Bearer');
    return { subject: 'kim', person: 'kim', roles: ['operator'], scopes: [], isProgram: false };
  };
  const { gateway, port } = await opened(() => said(200, '{"id":1}'), { admission });
  const client = clientOf(port, 'madang.lecture.v1.ClassService');
  const refused = await call(client, 'GetClassesId', { id: 1 });
  expect(refused.error).toMatchObject({ code: status.UNAUTHENTICATED, details: 'A token is needed here.' });
  expect(gateway.asked).toEqual([]);
  expect(await call(client, 'GetClassesId', { id: 1 }, { authorization: 'Bearer good' })).toMatchObject({
    error: null,
  });
});

test('given a silent service, when the deadline of a call is over, then nobody waits for it any more', async () => {
  let isEnded = false;
  const { port } = await opened((request) => {
    request.signal?.addEventListener('abort', () => {
      isEnded = true;
    });
    return silence(request);
  });
  const answer = await call(clientOf(port, 'madang.lecture.v1.ClassService'), 'GetClassesId', { id: 1 }, {}, 200);
  expect(answer.error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  for (let tries = 0; !isEnded && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isEnded).toBe(true);
});

test('given what no service should see, when it is called, then it is refused here: no id, too large, beyond 2^53', async () => {
  const { gateway, port } = await opened(() => said(200, '{"id":1}'));
  const client = clientOf(port, 'madang.lecture.v1.ClassService');
  expect((await call(client, 'GetClassesId')).error).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: 'id is missing.',
  });
  const large = await call(client, 'PostClasses', { body: { student: 'x'.repeat(300_000) } });
  expect(large.error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  expect(gateway.asked).toEqual([]);
  await call(client, 'PostClasses', { body: { fee: '9007199254740993' } });
  expect(JSON.parse(String(gateway.asked[0]?.body))).toEqual({ fee: '9007199254740993' });
});

test('given one address that has all its places, when it calls once more, then UNAVAILABLE with the time to come back', async () => {
  const { port } = await opened(silence, configured({ GATEWAY_IN_WORK_PER_ADDRESS: 1, GATEWAY_QUEUE_MS: 0 }));
  const client = clientOf(port, 'madang.lecture.v1.ClassService');
  const first = call(client, 'GetClassesId', { id: 1 }, {}, 1_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const answer = await call(client, 'GetClassesId', { id: 1 });
  expect(answer.error).toMatchObject({ code: status.UNAVAILABLE });
  expect(answer.metadata.get('retry-after')).toEqual(['1']);
  await first;
});

/** Who has a token is let in, and nobody has one. */
const closed: Options = { admission: () => Promise.reject(new Refused(401, 'A token is needed here.', 'Bearer')) };

test('given no token, when health is asked, then the gateway, its services and an unknown one have their states', async () => {
  const { port } = await opened(undefined, closed);
  const client = clientOf(port, 'grpc.health.v1.Health', HEALTH);
  expect((await call(client, 'Check')).message).toEqual({ status: 'SERVING' });
  const service = 'madang.lecture.v1.ClassService';
  expect((await call(client, 'Check', { service })).message).toEqual({ status: 'SERVING' });
  expect((await call(client, 'Check', { service: 'no.such' })).error).toMatchObject({ code: status.NOT_FOUND });
});

test.each(['v1', 'v1alpha'] as const)(
  'given no token, when reflection %s is asked for services and a message, then it tells them',
  async (version) => {
    const { port } = await opened(undefined, closed);
    const client = clientOf(port, `grpc.reflection.${version}.ServerReflection`, REFLECTION[version]);
    const methods = client as unknown as Record<
      string,
      () => NodeJS.EventEmitter & { write(asked: Fields): void; end(): void }
    >;
    const stream = methods.ServerReflectionInfo!();
    const publication: Fields[] = [];
    const end = new Promise<void>((resolve) => stream.on('end', resolve));
    stream.on('data', (answer: Fields) => publication.push(answer));
    stream.write({ list_services: '*' });
    stream.write({ file_containing_symbol: 'madang.lecture.v1.ClassClass' });
    stream.write({ file_containing_symbol: 'no.such' });
    stream.end();
    await end;
    const [services, file, missing] = publication;
    const found = services?.list_services_response as { service: { name: string }[] } | undefined;
    const names = found?.service.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['madang.lecture.v1.ClassService', 'grpc.health.v1.Health']));
    const described = file?.file_descriptor_response as { file_descriptor_proto: Buffer[] } | undefined;
    expect(described?.file_descriptor_proto[0]?.toString('latin1')).toContain('ClassClass');
    expect(missing?.error_response).toMatchObject({ error_code: status.NOT_FOUND });
  },
);
