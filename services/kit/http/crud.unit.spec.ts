import { z } from 'zod';
import { aggregate, decided, defineService, ended, event, integer, name, readable, writable } from '../index.ts';
import { type Given, given } from '../testing/index.ts';

interface Course {
  readonly id: number;
  readonly name: string;
  readonly teacher: string;
  readonly fee: number;
  readonly status: string;
  readonly secret: number;
}
const Courses = aggregate<Course>('Course', { listBy: ['teacher', 'fee'] });
const Changed = event('Changed', z.object({ id: integer }));
const CourseBody = z.object({ name, teacher: name, fee: integer, status: z.enum(['OPEN', 'CLOSED']).default('OPEN') });

const courses = {
  kind: Courses,
  path: 'courses',
  item: 'course',
  answer: CourseBody.extend({ id: integer }),
  show: ({ secret, ...course }: Course) => course,
};
const definition = defineService({
  routes: [
    readable(courses),
    writable(courses, {
      body: CourseBody,
      create: (id, asked) => decided({ id, ...asked, secret: 1 }, Changed({ id })),
      change: (course, change) => decided({ ...course, ...change, secret: course.secret + 1 }, Changed(course)),
      remove: (course) => ended(Changed(course)),
    }),
  ],
});

let app: Given;
beforeEach(async () => {
  app = await given('school-course', definition);
});
afterEach(() => app.close());

const korean = { name: 'korean', teacher: 'hong', fee: 10000 };
const made = async (more: object = {}) => (await app.request<Course>('POST', '/courses', { ...korean, ...more })).body;

interface Page {
  readonly _embedded: { readonly courses: readonly Course[] };
  readonly _links: { readonly next?: { readonly href: string } };
}

describe('preconditions', () => {
  test('given a record, when it is made and read, then both answers have the same strong ETag', async () => {
    const post = await app.request('POST', '/courses', korean);
    const read = await app.request('GET', `/courses/${post.body.id}`);
    expect(post.headers.etag).toMatch(/^"[\w-]{27}"$/);
    expect(read.headers.etag).toBe(post.headers.etag);
  });

  test('given its ETag, when a record is changed, then once: whoever has read the old state gets 412 and changes nothing', async () => {
    const { body, headers } = await app.request('POST', '/courses', korean);
    const at = `/courses/${body.id}`;
    const ifMatch = { 'if-match': String(headers.etag) };
    const first = await app.request('PATCH', at, { fee: 1 }, ifMatch);
    expect({ status: first.status, fee: first.body.fee }).toEqual({ status: 200, fee: 1 });
    expect(first.headers.etag).not.toBe(headers.etag);
    for (const [method, asked] of [
      ['PATCH', { fee: 2 }],
      ['PUT', { ...korean, fee: 2 }],
      ['DELETE', undefined],
    ] as const)
      expect((await app.request(method, at, asked, ifMatch)).body).toMatchObject({
        status: 412,
        title: 'Precondition Failed',
      });
    expect((await app.request('GET', at)).body.fee).toBe(1);
    expect((await app.request('DELETE', at, undefined, { 'if-match': `"x", ${first.headers.etag}` })).status).toBe(204);
  });

  test('given one ETag, when eight change the record with it at once, then one does', async () => {
    const { body, headers } = await app.request('POST', '/courses', korean);
    const change = (fee: number) =>
      app.request('PATCH', `/courses/${body.id}`, { fee }, { 'if-match': String(headers.etag) });
    const statuses = (await Promise.all(Array.from({ length: 8 }, (_, fee) => change(fee)))).map(
      ({ status }) => status,
    );
    expect(statuses.sort()).toEqual([200, ...Array(7).fill(412)]);
  });

  test('given any state will do, when a change says so, then it is made; a weak ETag never fits', async () => {
    const { body, headers } = await app.request('POST', '/courses', korean);
    const at = `/courses/${body.id}`;
    expect((await app.request('PATCH', at, { fee: 3 }, { 'if-match': `W/${headers.etag}` })).status).toBe(412);
    expect((await app.request('PATCH', at, { fee: 3 }, { 'if-match': '*' })).status).toBe(200);
  });

  test('given a reader who has it already, when he asks again, then 304 without a body until it changes', async () => {
    const { body, headers } = await app.request('POST', '/courses', korean);
    const at = `/courses/${body.id}`;
    const has = { 'if-none-match': `W/${headers.etag}` };
    const again = await app.request('GET', at, undefined, has);
    expect({ status: again.status, body: again.body, etag: again.headers.etag }).toEqual({
      status: 304,
      body: { text: '' },
      etag: headers.etag,
    });
    await app.request('PATCH', at, { fee: 4 });
    expect((await app.request('GET', at, undefined, has)).body.fee).toBe(4);
  });
});

describe('commands', () => {
  test('given a field with a default, when another is patched, then it stays as it was', async () => {
    const { id } = await made({ status: 'CLOSED' });
    expect((await app.request('PATCH', `/courses/${id}`, { fee: 1 })).body).toMatchObject({ fee: 1, status: 'CLOSED' });
    expect((await app.request('PUT', `/courses/${id}`, korean)).body).toMatchObject({ status: 'OPEN' });
  });

  test.each(['a||b', 'x'.repeat(128), 'key with, comma', '"quoted"', '../..', '김'])(
    'given the Idempotency-Key %s, when a record is made twice with it, then there is one',
    async (text) => {
      const key = { 'idempotency-key': Buffer.from(text).toString('latin1').slice(0, 128) };
      const first = await app.request('POST', '/courses', korean, key);
      const { name: _, ...reordered } = korean;
      const second = await app.request('POST', '/courses', { ...reordered, name: 'korean' }, key);
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(second.body).toEqual(first.body);
      expect(await app.rows('/courses?size=200')).toHaveLength(1);
    },
  );

  test('given a key that the gateway had to encode, when it comes encoded and as it is, then it is the same key', async () => {
    const text = `caf\u00e9${'\u00fc'.repeat(124)}`;
    const keys = [text, `UTF-8''${encodeURIComponent(text)}`].map((key) => ({ 'idempotency-key': key }));
    const [plain, encoded] = [
      await app.request('POST', '/courses', korean, keys[0]),
      await app.request('POST', '/courses', korean, keys[1]),
    ];
    expect([plain.status, encoded.status, encoded.body]).toEqual([201, 201, plain.body]);
    const tooLong = { 'idempotency-key': `UTF-8''${encodeURIComponent(`${text}x`)}` };
    expect((await app.request('POST', '/courses', korean, tooLong)).status).toBe(400);
    // What is no such value is a key like any other.
    expect((await app.request('POST', '/courses', korean, { 'idempotency-key': "UTF-8''100%" })).status).toBe(201);
  });

  test('given a key by which a record was changed, when it is deleted with it, then 422 and it stays', async () => {
    const [{ id }, key] = [await made(), { 'idempotency-key': 'one' }];
    expect((await app.request('PATCH', `/courses/${id}`, { fee: 1 }, key)).status).toBe(200);
    expect((await app.request('DELETE', `/courses/${id}`, undefined, key)).status).toBe(422);
    expect((await app.request('GET', `/courses/${id}`)).body.fee).toBe(1);
  });

  test.each([
    ['two of them', ['one', 'two']],
    ['one that is empty', ['']],
    ['one that is too long', ['x'.repeat(129)]],
  ])('given %s, when a command has such an Idempotency-Key, then 400 and nothing is made', async (_, keys) => {
    const answer = await app.request('POST', '/courses', korean, { 'idempotency-key': keys });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ field: 'Idempotency-Key' }] });
    expect(await app.rows('/courses')).toEqual([]);
  });
});

describe('links', () => {
  const base = { 'x-public-base': 'https://school.example/v1/' };

  test('given a public address behind TLS and a prefix, when records are read, then all links lead there', async () => {
    const { headers, body } = await app.request('POST', '/courses', korean, base);
    expect(headers.location).toBe(`https://school.example/v1/courses/${body.id}`);
    expect(body).toMatchObject({ _links: { self: { href: headers.location } } });
    await made();
    const page = await app.request('GET', '/courses?size=1', undefined, base);
    expect(page.body._links).toMatchObject({
      self: { href: 'https://school.example/v1/courses?size=1' },
      next: { href: 'https://school.example/v1/courses?size=1&page=1' },
    });
  });

  test.each(['nonsense', 'javascript:alert(1)', 'https://user:word@school.example', 'https://school.example/?x=1'])(
    'given the public address %s, when a record is read, then links lead to what was called',
    async (address) => {
      const { body } = await app.request('POST', '/courses', korean, { 'x-public-base': address });
      expect(body).toMatchObject({ _links: { self: { href: `http://app/courses/${body.id}` } } });
    },
  );

  test('given a Host that is no host name, when a record is read, then it is in no link', async () => {
    const { body } = await app.request('POST', '/courses', korean, { host: 'a/b?<script>' });
    expect(body).toMatchObject({ _links: { self: { href: `http://localhost/courses/${body.id}` } } });
  });
});

describe('searches', () => {
  const search = async (query: string) =>
    (await app.request<Page>('GET', `/courses/search/findByTeacher?${query}`)).body;

  test('given five that fit, when pages of two are asked for, then each is there once, and the links lead on', async () => {
    for (let n = 0; n < 5; n++) await made({ fee: n });
    const fees: number[] = [];
    let query: string | undefined = 'teacher=hong&size=2&page=0';
    while (query) {
      const body: Page = await search(query);
      fees.push(...body._embedded.courses.map(({ fee }) => fee));
      query = body._links.next?.href.split('?')[1];
    }
    expect(fees).toEqual([0, 1, 2, 3, 4]);
    expect(await search('teacher=hong')).not.toHaveProperty('page');
  });

  test.each(['', 'teacher=', 'teacher=hong&teacher=kim', 'teacher=%B1%E8', 'teacher=hong&size=0'])(
    'given the question %j, when it is asked, then 400',
    async (query) => {
      expect(await search(query)).toMatchObject({ status: 400 });
    },
  );

  test.each(['abc', '0x10', '1.5', '1e3', '%2010', 'null', '9007199254740993'])(
    'given a field that is a number, when %s is sought in it, then 400 names it',
    async (text) => {
      const { status, body } = await app.request('GET', `/courses/search/findByFee?fee=${text}`);
      expect({ status, fields: body.errors }).toMatchObject({ status: 400, fields: [{ field: 'fee' }] });
    },
  );

  test('given a number, when it or another one is sought, then what has it is found, and nothing', async () => {
    const { id } = await made({ fee: 10 });
    const found = (fee: string) => app.rows(`/courses/search/findByFee?fee=${fee}`);
    expect(await found('10')).toMatchObject([{ id }]);
    expect(await found('010')).toMatchObject([{ id }]);
    expect(await found('-10')).toEqual([]);
  });

  test('given a field that is a text, when an odd one is sought in it, then nothing is found', async () => {
    expect((await search(`teacher=${encodeURIComponent(`a||b ${'x'.repeat(2_000)}`)}`))._embedded.courses).toEqual([]);
  });
});
