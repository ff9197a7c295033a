import { Agent, request as httpRequest } from 'node:http';
import { type Answer, expectProblem, someone } from '../../harness/client.ts';
import { call, cancel, ENROLLED, enrol, enrolmentRequest, GW, get, newest, reaches } from '../client.ts';

/** Whatever a client sends, the answer is a clear 4xx or that of docs/contracts/lecture.md, and nothing is half done. */

const course = { name: 'korean', teacher: 'hong-gil-dong', fee: 10000, textBook: 'kor_book' };
const MEGABYTE = 1024 * 1024;

/** A request past fetch, which tidies up addresses, and knows only the usual verbs. */
function raw(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string | string[]> = {},
  agent = new Agent(),
): Promise<Answer> {
  const began = Date.now();
  const { hostname, port } = new URL(GW);
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { hostname, port, method, path, headers, agent, signal: AbortSignal.timeout(10_000) },
      async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        const given = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        const isJson = text !== '' && /json/.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(given as [string, string][]),
          body: isJson ? JSON.parse(text) : { text },
          ms: Date.now() - began,
        });
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

describe('wrong values', () => {
  test.each([
    ['fee', 'abc'],
    ['fee', '10000.5'],
    ['fee', 10000.5],
    ['fee', '1e4'],
    ['fee', '0x10'],
    ['fee', ''],
    ['fee', null],
    ['fee', true],
    ['fee', {}],
    ['fee', [1]],
    ['fee', 1e21],
    ['fee', '99999999999999999999'],
    ['fee', -1e21],
    ['courseId', 'one'],
    ['courseId', undefined],
    ['fee', undefined],
    ['student', undefined],
    ['student', ''],
    ['student', '   '],
    ['student', 7],
    ['student', null],
    ['student', 'x'.repeat(1001)],
    ['textBook', undefined],
    ['textBook', ['kor_book']],
  ])(
    '5. given an enrolment request, when its %s is %j, then 400 names the field and nobody is enrolled',
    async (field, value) => {
      const student = someone();
      expectProblem(await call('POST', '/classes', { ...enrolmentRequest({ student }), [field]: value }), 400, field);
      expect((await newest('/classes')).filter((row) => row.student === student)).toEqual([]);
      expect((await newest('/payments')).filter((row) => row.student === student)).toEqual([]);
    },
  );

  test.each([
    ['POST', '/courses', { ...course, fee: 'much' }, 'fee'],
    ['POST', '/courses', { teacher: 'hong' }, 'name'],
    ['POST', '/gifts', { classId: 'x', fee: '20000', student: 'young' }, 'classId'],
    ['POST', '/gifts', { classId: 100, fee: 20000 }, 'student'],
    ['POST', '/gifts', { classId: 100, fee: 20000, student: 'young', giftstock: 'many' }, 'giftstock'],
  ])(
    '1. given a record to be made, when %s %s has a wrong value, then 400 names the field',
    async (method, path, body, field) => {
      expectProblem(await call(method, path, body), 400, field);
    },
  );

  test.each(['status', 'price', '__proto__', 'constructor', 'idx'])(
    '1. given a resource without it, when the unknown field %s is sent, then 400 names it',
    async (field) => {
      const unknown = `{"${field}":"x"`;
      expectProblem(await call('POST', '/courses', `${unknown},${JSON.stringify(course).slice(1)}`), 400, field);
      const { id } = await enrol();
      expectProblem(await call('PATCH', `/classes/${id}`, `${unknown}}`), 400, field);
    },
  );

  test.each(['||', 'a||', '||b', '#2', '/../', '%7C%7C', "'; --", 'é', ' a  b', '__proto__'])(
    '5. given an Idempotency-Key with %s in it, when commands are repeated with it, then each has one effect',
    async (part) => {
      const [student, name] = [someone(), someone('name')];
      const key = (of: string) => ({ 'idempotency-key': `${of}${name}${part}${name}` });
      const [first, second] = [await enrol({ student }, key('made')), await enrol({ student }, key('made'))];
      expect(second).toEqual(first);
      expect((await newest('/classes')).filter((row) => row.student === student)).toHaveLength(1);
      for (let times = 0; times < 2; times++)
        expect(await call('PATCH', `/classes/${first.id}`, { fee: 1 }, key('changed'))).toMatchObject({ status: 200 });
      for (let times = 0; times < 2; times++) expect((await cancel(first.id, key('gone'))).status).toBe(204);
    },
  );

  test('5. given two Idempotency-Keys, when a student enrols with them, then 400 and nobody is enrolled', async () => {
    const student = someone();
    const headers = { 'content-type': 'application/json', 'idempotency-key': [someone('key'), someone('key')] };
    expectProblem(await raw('POST', '/classes', JSON.stringify(enrolmentRequest({ student })), headers), 400);
    expect((await newest('/classes')).filter((row) => row.student === student)).toEqual([]);
  });

  test('39. given an enrolment, when it is changed to wrong values, then 400 names each field and it stays as it was', async () => {
    const { id, fee, courseId } = await enrol();
    const answer = await call('PATCH', `/classes/${id}`, { fee: 'x', courseId: 'y' });
    expectProblem(answer, 400, 'fee');
    expectProblem(answer, 400, 'courseId');
    expect((await get(`/classes/${id}`)).body).toMatchObject({ fee, courseId });
    expectProblem(await call('PUT', `/classes/${id}`, { fee: 1 }), 400, 'student');
  });

  test.each([0, -1, -10000, 9007199254740991, -9007199254740991])(
    '5. given a fee of %i, which the contract does not forbid, when a student enrols, then every step handles it',
    async (fee) => {
      const { id } = await enrol({ fee });
      const [cashpoint, giftstock] = [Math.floor(fee / 100), fee > 30000 ? 4 : 1];
      const rewards = {
        point: { fee, cashpoint },
        gift: { fee, giftstock },
        myPage: { fee, point: cashpoint, giftstock },
      };
      await reaches(id, { ...ENROLLED, ...rewards });
    },
  );

  test('5. given a name in any script, when a student enrols, then it comes back as sent', async () => {
    const student = someone('김순희 "O\'Neil" \\ 👩‍🎓 <b>');
    const { id } = await enrol({ student });
    const records = await reaches(id, ENROLLED);
    for (const kind of ['enrolment', 'payment', 'delivery', 'point', 'gift', 'myPage'])
      expect({ kind, student: records[kind]?.student }).toEqual({ kind, student });
  });
});

describe('what is no body', () => {
  test.each([
    ['broken JSON', '{"name":', 400],
    ['a text', '"korean"', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['nothing', '', 400],
    ['a number', '7', 400],
    ['brackets without end', '['.repeat(100_000), 400],
    ['half a character', '{"name":"\\ud800', 400],
  ])('1. given a course to be registered, when the body is %s, then %i', async (_, body, status) => {
    expectProblem(await call('POST', '/courses', body), status);
  });

  test('1. given a course to be registered, when there is no body at all, then 400 or 415', async () => {
    expectProblem(await raw('POST', '/courses'), [400, 415]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'])(
    '1. given a course to be registered, when it is sent as %s, then 415 says what to send',
    async (type) => {
      const answer = await call('POST', '/courses', JSON.stringify(course), { 'content-type': type });
      expectProblem(answer, 415);
      expect(answer.body.detail).toContain('application/json');
    },
  );

  test.each([
    ['5 MB', '/courses', 5 * MEGABYTE],
    ['5 MB', '/classes', 5 * MEGABYTE],
    ['5 MB', '/gifts', 5 * MEGABYTE],
    ['500 kB', '/courses', MEGABYTE / 2],
  ])('1. given a body of %s, when it is posted to %s, then 413', async (_, path, size) => {
    expectProblem(await call('POST', path, { ...course, name: 'x'.repeat(size) }), 413);
  });

  test('1. given 5 MB without a length told before, when they are posted, then 413 and the same connection goes on', async () => {
    const body = JSON.stringify({ ...course, name: 'x'.repeat(5 * MEGABYTE) });
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expectProblem(await raw('POST', '/courses', body, headers, agent), 413);
    expect((await raw('GET', '/courses?size=1', undefined, {}, agent)).status).toBe(200);
    agent.destroy();
  });
});

describe('what is not there', () => {
  const paths = ['courses', 'classes', 'payments', 'deliveries', 'points', 'gifts', 'inquiryMypages'];

  test.each(paths)('28. given no such record, when one of /%s is read, then 404', async (path) => {
    for (const id of ['999999999', '0', '-1', '1.5', 'abc', '99999999999999999999', '1%00', '%F0%9F%98%80'])
      expectProblem(await get(`/${path}/${id}`), [400, 404]);
  });

  test('12. given no such enrolment, when it is cancelled or changed, then 404', async () => {
    expectProblem(await cancel(999999999), 404);
    expectProblem(await call('DELETE', '/classes/abc'), 404);
    expectProblem(await call('PATCH', '/classes/999999999', { fee: 1 }), 404);
    expectProblem(await call('PUT', '/courses/999999999', course), 404);
    expectProblem(await call('DELETE', '/courses/999999999'), 404);
  });

  test('21. given no such payment, when it is cancelled, then 404', async () => {
    expectProblem(await call('PATCH', '/payment/cancel/999999999'), 404);
    expectProblem(await call('PATCH', '/payment/cancel/abc'), 404);
    expectProblem(await call('PATCH', '/payments/999999999', { status: 'CANCEL' }), 404);
  });

  test('21. given a payment, when its status is set to anything but CANCEL, then 400 names the field', async () => {
    const { id } = await enrol();
    const { payment } = await reaches(id, ENROLLED);
    expectProblem(await call('PATCH', `/payments/${payment?.id}`, { status: 'PAID' }), 400, 'status');
    expectProblem(await call('PATCH', `/payments/${payment?.id}`, { fee: 1 }), 400);
    await reaches(id, ENROLLED);
  });

  test.each([
    ['/succeedPayment'],
    ['/chkAndModifyGiftStock?student=young&classId=1&fee=1'],
    ['/internal/payments'],
    ['/internal/gifts'],
    ['/payments/../internal/payments'],
    ['/payments/%2e%2e/internal/payments'],
    ['/payments/..%2finternal%2fpayments'],
    ['/gifts/../internal/gifts'],
    ['/gifts//../internal/gifts'],
    ['/courses/../deadletters'],
    ['/courses/../events'],
    ['/courses/../dapr/subscribe'],
    ['/classes/..%2f..%2f..%2flecture-pay%2fmethod%2finternal%2fpayments'],
    ['/deadletters'],
    ['/events'],
    ['/configuration/lecture-configuration/POINT_PERCENT'],
    ['/v1.0/metadata'],
    ['/alert'],
    ['/nothing'],
  ])(
    '28. given only the contract is public, when %s is asked for at the gateway, then there is nothing',
    async (path) => {
      const student = someone();
      const body = JSON.stringify({ ...enrolmentRequest({ student }), classId: 999999998, entries: [] });
      const headers = { 'content-type': 'application/json' };
      for (const answer of [await raw('GET', path), await raw('POST', path, body, headers)]) {
        expect({ status: answer.status, body: answer.body }).toMatchObject({ body: { status: expect.any(Number) } });
        expectProblem(answer, [400, 404, 405]);
      }
      expect((await newest('/payments')).filter((row) => row.student === student)).toEqual([]);
      expect((await newest('/gifts')).filter((row) => row.student === student)).toEqual([]);
    },
  );

  test('5. given an address that is no UTF-8, when it is asked for, then 4xx', async () => {
    for (const path of ['/classes/%E0%A4%A', '/classes/%', '/classes/%zz', '/classes?page=%E0%A4%A'])
      expectProblem(await raw('GET', path), [400, 404]);
  });
});

describe('wrong verbs', () => {
  const records = { classId: 1, courseId: 1, paymentId: 1, fee: 1, student: 'x', textBook: 'x', status: 'X' };

  test.each([
    ['POST', '/payments'],
    ['DELETE', '/payments/1'],
    ['POST', '/deliveries'],
    ['PATCH', '/deliveries/1'],
    ['DELETE', '/deliveries/1'],
    ['POST', '/points'],
    ['PUT', '/points/1'],
    ['DELETE', '/points/1'],
    ['PATCH', '/gifts/1'],
    ['DELETE', '/gifts/1'],
    ['POST', '/inquiryMypages'],
    ['PATCH', '/inquiryMypages/1'],
    ['DELETE', '/inquiryMypages/1'],
    ['DELETE', '/classes'],
    ['PUT', '/courses'],
    ['POST', '/courses/1'],
    ['GET', '/payment/cancel/1'],
    ['POST', '/payment/cancel/1'],
  ])('28. given what clients may not do, when they try %s %s, then 404 or 405', async (method, path) => {
    expectProblem(await call(method, path, method === 'GET' ? undefined : records), [404, 405]);
  });

  test.each(['PROPFIND', 'TRACE', 'LOCK', 'OPTIONS'])(
    '28. given a collection, when %s is tried, then 405',
    async (method) => {
      expectProblem(await raw(method, '/courses'), 405);
    },
  );

  test('28. given a collection, when HEAD is asked, then 200 without a body', async () => {
    expect(await raw('HEAD', '/courses')).toMatchObject({ status: 200, body: { text: '' } });
  });
});

describe('wrong questions', () => {
  test.each([
    ['page=-1', 'page'],
    ['page=abc', 'page'],
    ['page=1.5', 'page'],
    ['page=1e30', 'page'],
    ['size=0', 'size'],
    ['size=-5', 'size'],
    ['size=100000', 'size'],
    ['size=x', 'size'],
    ['sort=fee', 'sort'],
    ['page=1&page=2', 'page'],
    ['page[$gt]=1&size=0', 'size'],
  ])('2. given a collection, when it is asked for with %s, then 400 names it', async (query, field) => {
    expectProblem(await get(`/courses?${query}`), 400, field);
  });

  test('2. given a collection, when a page far behind its end is asked for, then it is empty', async () => {
    const answer = await get('/courses?page=999999&size=20');
    expect(answer).toMatchObject({ status: 200, body: { _embedded: { courses: [] } } });
  });

  test('11. given my pages, when one is sought without a value, or with one that is no number, then 400', async () => {
    expectProblem(await get('/inquiryMypages/search/findByClassId'), 400, 'classId');
    for (const text of ['abc', '0x10', '1.5', '9007199254740993'])
      expectProblem(await get(`/inquiryMypages/search/findByClassId?classId=${text}`), 400, 'classId');
    expectProblem(await get('/inquiryMypages/search/findByNothing?nothing=1'), 404);
  });
});
