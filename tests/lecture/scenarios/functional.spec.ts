import { expectProblem, type Fields, rows, someone } from '../../harness/client.ts';
import { eventually, notices, processes, processOf } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import {
  CANCELED,
  call,
  cancel,
  ENROLLED,
  type Enrolment,
  enrol,
  enrolmentRequest,
  GW,
  get,
  NOBODYS,
  newest,
  PAYMENT_CANCELED,
  reaches,
  recordsOf,
} from '../client.ts';

const topic = followed('lecture');

/** The data of the one event of a type about a record. */
const published = (type: string, id: number): Promise<Fields> =>
  eventually(() => {
    const found = topic.published.filter(({ event }) => event.type === type && event.data.id === id);
    expect(new Set(found.map(({ event }) => event.id)).size).toBe(1);
    return found[0]!.event.data;
  });

describe('a teacher manages courses (docs/contracts/lecture.md#saga-s8)', () => {
  const korean = { name: 'korean', teacher: 'hong-gil-dong', fee: 10000, textBook: 'kor_book' };
  const register = async (): Promise<number> => {
    const answer = await call('POST', '/courses', { ...korean, fee: '10000' });
    expect(answer.status).toBe(201);
    return answer.body.id as number;
  };

  test('1. given a system, when a course is registered, then 201 with links to itself, and CourseRegistered is published', async () => {
    const answer = await call('POST', '/courses', { ...korean, fee: '10000' });
    const self = `${GW}/courses/${answer.body.id}`;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(self);
    expect(answer.body).toMatchObject({ ...korean, _links: { self: { href: self }, course: { href: self } } });
    expect(await published('CourseRegistered', answer.body.id as number)).toMatchObject({
      ...korean,
      id: answer.body.id,
    });
  });

  test('2. given a course, when courses are listed, then it is among them with its values', async () => {
    const id = await register();
    expect(await newest('/courses')).toContainEqual(expect.objectContaining({ ...korean, id }));
  });

  test('3. given a course, when its fee is changed, then the course shows it and CourseModified is published', async () => {
    const id = await register();
    const changed = await call('PATCH', `/courses/${id}`, { fee: '12000' });
    expect(changed).toMatchObject({ status: 200, body: { ...korean, fee: 12000 } });
    expect((await get(`/courses/${id}`)).body).toMatchObject({ ...korean, fee: 12000 });
    expect(await published('CourseModified', id)).toMatchObject({ ...korean, fee: 12000 });
  });

  test('3. given a course, when it is replaced with PUT, then every field is as sent', async () => {
    const id = await register();
    const english = { name: 'english', teacher: 'hong', fee: 20000, textBook: 'eng_book' };
    expect((await call('PUT', `/courses/${id}`, english)).status).toBe(200);
    expect((await get(`/courses/${id}`)).body).toMatchObject(english);
  });

  test('4. given a course, when it is deleted, then it is gone and CourseDeleted carries its last values', async () => {
    const id = await register();
    await call('PATCH', `/courses/${id}`, { teacher: 'kim' });
    expect((await call('DELETE', `/courses/${id}`)).status).toBe(204);
    expectProblem(await get(`/courses/${id}`), 404);
    expect((await newest<{ id: number }>('/courses')).map((course) => course.id)).not.toContain(id);
    expect(await published('CourseDeleted', id)).toMatchObject({ ...korean, teacher: 'kim', id });
  });

  test('4. given an enrolment in a course, when the course is changed and deleted, then the enrolment stays as it is', async () => {
    const courseId = await register();
    const { id } = await enrol({ courseId });
    await reaches(id, ENROLLED);
    await call('PATCH', `/courses/${courseId}`, { fee: 1 });
    expect((await call('DELETE', `/courses/${courseId}`)).status).toBe(204);
    await published('CourseDeleted', courseId);
    expect(await recordsOf(id)).toMatchObject({ ...ENROLLED, enrolment: { courseId, fee: 10000 } });
  });
});

describe('a student enrols (docs/contracts/lecture.md#saga-s1)', () => {
  let enrolment: Enrolment;
  let sent: Fields;
  beforeAll(async () => {
    sent = { courseId: 1, fee: 10000, student: someone(), textBook: 'kor_book' };
    enrolment = await enrol({ ...sent, courseId: '1', fee: '10000' });
  });

  test('5. given a course, when a student enrols with numbers as strings, then 201 and they are stored as numbers', () => {
    const self = { href: `${GW}/classes/${enrolment.id}` };
    expect(enrolment).toMatchObject({ ...sent, id: expect.any(Number), _links: { self, class: self } });
  });

  test('6. given an enrolment, when enrolments are listed, then it is among them', async () => {
    expect(await newest('/classes')).toContainEqual(expect.objectContaining({ ...sent, id: enrolment.id }));
  });

  test('7. given an enrolment, when payments are read, then its payment is PAYMENT_COMPLETED', async () => {
    const payment = { classId: enrolment.id, ...sent, status: 'PAYMENT_COMPLETED' };
    expect(await newest('/payments')).toContainEqual(expect.objectContaining(payment));
  });

  test('8. given an enrolment, when deliveries are read, then its delivery has started and names the payment', async () => {
    const { payment, delivery } = await reaches(enrolment.id, { delivery: { status: 'DELIVERY_START' } });
    const { courseId, student, textBook } = sent;
    expect(delivery).toMatchObject({ classId: enrolment.id, paymentId: payment?.id, courseId, student, textBook });
  });

  test('9. given an enrolment, when points are read, also by a browser, then it earned 100', async () => {
    await reaches(enrolment.id, { point: { cashpoint: 100, fee: 10000, student: sent.student } });
    const asBrowser = await get(`/points/search/findByClassId?classId=${enrolment.id}`, {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    });
    expect(asBrowser.headers.get('content-type')).toMatch(/json/);
    expect(rows(asBrowser)).toContainEqual(expect.objectContaining({ classId: enrolment.id, cashpoint: 100 }));
  });

  test('10. given an enrolment, when gifts are read, also by a browser, then it earned one', async () => {
    await reaches(enrolment.id, { gift: { giftstock: 1, fee: 10000, student: sent.student } });
    const asBrowser = await get(`/gifts/search/findByClassId?classId=${enrolment.id}`, {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    });
    expect(asBrowser.headers.get('content-type')).toMatch(/json/);
    expect(rows(asBrowser)).toContainEqual(expect.objectContaining({ classId: enrolment.id, giftstock: 1 }));
  });

  test('11. given an enrolment, when my page is read, then one row shows all of it', async () => {
    const { payment, myPage } = await reaches(enrolment.id, ENROLLED);
    expect(myPage).toMatchObject({ ...ENROLLED.myPage, ...sent, classId: enrolment.id, paymentId: payment?.id });
    const all = rows<{ classId: number }>(await get('/inquiryMypages'));
    expect(all.filter((row) => row.classId === enrolment.id)).toEqual([myPage]);
    const found = rows(await get(`/inquiryMypages/search/findByPaymentId?paymentId=${payment?.id}`));
    expect(found).toEqual([myPage]);
  });

  test.each([
    ['9', 12000, 120, 2],
    ['9', 99, 0, 1],
    ['10', 10001, 100, 2],
    ['10', 20000, 200, 2],
    ['10', 30000, 300, 3],
    ['10', 30001, 300, 4],
    ['10', 1000000, 10000, 4],
  ])(
    '%s. given a fee of %i, when a student enrols, then the points are %i and the gifts %i',
    async (_, fee, cashpoint, giftstock) => {
      const { id } = await enrol({ fee });
      await reaches(id, { point: { cashpoint }, gift: { giftstock }, myPage: { point: cashpoint, giftstock } });
    },
  );

  test('5. given a fee of 10000 and one of 12000 and different books, when two enrol in one course, then both succeed', async () => {
    await enrol({ courseId: 1, fee: 10000, student: 'KimSoonHee', textBook: 'eng_book' });
    await enrol({ courseId: 1, fee: 12000, student: 'JohnDoe', textBook: 'kor_book' });
  });
});

describe('a student cancels (docs/contracts/lecture.md#saga-s2)', () => {
  let enrolment: Enrolment;
  let before: Record<string, Fields | undefined>;
  beforeAll(async () => {
    enrolment = await enrol();
    before = await reaches(enrolment.id, ENROLLED);
  }, 30_000);

  test('12. given an enrolment, when it is cancelled, then 204', async () => {
    expect((await cancel(enrolment.id)).status).toBe(204);
  });

  test('13. given a cancelled enrolment, when enrolments are listed, then it is gone', async () => {
    expectProblem(await get(`/classes/${enrolment.id}`), 404);
    expect((await newest<Enrolment>('/classes')).map(({ id }) => id)).not.toContain(enrolment.id);
  });

  test.each([
    ['payment', { status: 'CANCEL' }],
    ['delivery', { status: 'DELIVERY_CANCEL' }],
    ['point', { cashpoint: 0 }],
    ['gift', { giftstock: 0 }],
    ['myPage', CANCELED.myPage],
  ])(
    '14-18. given a cancelled enrolment, when the %s is read, then it is the same record, cancelled',
    async (kind, expected) => {
      const after = await reaches(enrolment.id, { [kind]: expected });
      expect(after[kind]).toEqual({ ...before[kind], ...expected });
    },
  );
});

test('19. given alert runs, when an enrolment is made, changed and cancelled, then each change has exactly one notice', async () => {
  const { id } = await enrol();
  await reaches(id, ENROLLED);
  await call('PATCH', `/classes/${id}`, { fee: 8000 });
  await cancel(id);
  await reaches(id, CANCELED);
  await eventually(async () => {
    const changes = (await notices())
      .filter(({ data }) => (/^Class/.test(String(data.eventType)) ? data.id : data.classId) === id)
      .map(({ data }) => [data.eventType, data.status].filter(Boolean).join(' '));
    expect(changes.sort()).toEqual([
      'ClassCanceled',
      'ClassModified',
      'ClassRegistered',
      'PaymentApproved PAYMENT_COMPLETED',
      'PaymentCanceled CANCEL',
      'TextbookDeliveried DELIVERY_CANCEL',
      'TextbookDeliveried DELIVERY_START',
    ]);
  });
});

test('20. given no enrolment of that number, when a gift is posted directly, then 201 and the fee decides the number', async () => {
  const student = someone('young');
  const posted = await call('POST', '/gifts', { classId: String(NOBODYS), fee: '20000', student });
  expect(posted).toMatchObject({ status: 201, body: { classId: NOBODYS, fee: 20000, student, giftstock: 2 } });
  expect((await get(`/gifts/${posted.body.id}`)).body).toEqual(posted.body);
  const sentAlong = await call('POST', '/gifts', { classId: NOBODYS, fee: 20000, student, giftstock: 3 });
  expect(sentAlong.body).toMatchObject({ giftstock: 3 });
  const found = rows<Fields>(await get(`/gifts/search/findByClassId?classId=${NOBODYS}`));
  expect(found.filter((gift) => gift.student === student)).toHaveLength(2);
});

test.each([
  ['PATCH /payment/cancel/{classId}', (classId: number) => call('PATCH', `/payment/cancel/${classId}`)],
  ['PUT /payment/cancel/{classId}', (classId: number) => call('PUT', `/payment/cancel/${classId}`)],
  ['PATCH /payments/{id}', (_: number, id: unknown) => call('PATCH', `/payments/${id}`, { status: 'CANCEL' })],
])(
  '21. given an enrolment, when only its payment is cancelled by %s, then what it paid for follows and the enrolment stays',
  async (_, request) => {
    const { id } = await enrol();
    const { payment } = await reaches(id, ENROLLED);
    const answer = await request(id, payment?.id);
    expect(answer).toMatchObject({ status: 200, body: { id: payment?.id, classId: id, status: 'CANCEL' } });
    await reaches(id, PAYMENT_CANCELED);
  },
);

test('20. given an enrolment, when another asks for a gift with its number, then my page shows its own gift alone', async () => {
  const { id } = await enrol();
  await reaches(id, { myPage: { giftstock: 1 } });
  const others = await call('POST', '/gifts', { classId: id, fee: 1, student: someone(), giftstock: 99 });
  expect(others).toMatchObject({ status: 201, body: { classId: id, giftstock: 99 } });
  // A later change of the enrolment comes to my page behind the gift.
  const after = await enrol();
  await reaches(after.id, { myPage: { giftstock: 1 } });
  expect(rows(await get(`/inquiryMypages/search/findByClassId?classId=${id}`))).toMatchObject([{ giftstock: 1 }]);
});

test('26. given an enrolment, when my page is read, then course, enrolment, delivery, points and gifts are in the one row', async () => {
  const { id } = await enrol({ courseId: 3 });
  const { myPage } = await reaches(id, ENROLLED);
  expect(myPage).toMatchObject({ ...ENROLLED.myPage, courseId: 3, textBook: 'kor_book' });
});

test('27. given an enrolment, when its payment state changes, then points and gifts follow by events of pay and point', async () => {
  const { id } = await enrol();
  await reaches(id, ENROLLED);
  await cancel(id);
  await reaches(id, CANCELED);
  const types = topic.published.filter(({ event }) => event.data.classId === id).map(({ event }) => event.type);
  expect(new Set(types)).toEqual(
    new Set([
      'PaymentApproved',
      'PointRegistered',
      'GiftRegistered',
      'TextbookDeliveried',
      'PaymentCanceled',
      'PointCanceled',
      'GiftCanceled',
    ]),
  );
});

describe('one entrance', () => {
  test.each(['courses', 'classes', 'payments', 'deliveries', 'points', 'gifts', 'inquiryMypages'])(
    '28. given the gateway, when /%s is read there, then its service answers',
    async (path) => {
      const answer = await get(`/${path}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ _embedded: { [path]: expect.any(Array) } });
    },
  );

  test('28. given a browser page of another origin, when it asks what it may do, then every method and header is open to it', async () => {
    const preflight = await call('OPTIONS', '/classes', undefined, {
      origin: 'http://somewhere.example',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'content-type, idempotency-key',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    const answer = await get('/classes', { origin: 'http://somewhere.example' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('28. given more rows than a page, when a collection is paged, then each page links the next and nothing is missed', async () => {
    const student = someone();
    const ids: number[] = [];
    for (let n = 0; n < 5; n++) ids.push((await enrol({ student })).id);
    const found: number[] = [];
    let next: string | undefined = '/classes?size=2&sort=id,desc';
    while (next && !ids.every((id) => found.includes(id))) {
      const answer = await get(next);
      const page = rows<Enrolment>(answer);
      expect(page.length).toBeLessThanOrEqual(2);
      found.push(...page.filter((row) => row.student === student).map((row) => row.id));
      next = (answer.body._links as { next?: { href: string } }).next?.href.replace(GW, '');
    }
    expect(found.sort((a, b) => a - b)).toEqual(ids);
  });
});

test('33. given gift on another kind of store than class, when a student enrols and cancels, then the behaviour is the same', async () => {
  const storeOf = async (appId: string): Promise<string | undefined> => {
    const { daprHttpPort } = await processOf(appId);
    const metadata = await (await fetch(`http://127.0.0.1:${daprHttpPort}/v1.0/metadata`)).json();
    const { components } = metadata as { components: { type: string }[] };
    return components.find(({ type }) => type.startsWith('state.'))?.type;
  };
  expect(await storeOf('lecture-gift')).not.toBe(await storeOf('lecture-class'));
  const { id } = await enrol();
  await reaches(id, { gift: { giftstock: 1 } });
  await cancel(id);
  await reaches(id, { gift: { giftstock: 0 } });
});

test('37. given the system was started locally, when it is looked at, then all seven services run, each on its own port', async () => {
  const offset = Number(process.env.MADANG_PORT_OFFSET ?? 0);
  const ports = Object.fromEntries(
    (await processes())
      .filter(({ appId }) => appId.startsWith('lecture-'))
      .map(({ appId, port, state }) => [appId, state === 'healthy' ? port - offset : state]),
  );
  // A system may have got further services.
  expect(ports).toMatchObject({
    'lecture-class': 8081,
    'lecture-course': 8082,
    'lecture-pay': 8083,
    'lecture-alert': 8084,
    'lecture-point': 8087,
    'lecture-gateway': 8088,
    'lecture-gift': 8091,
  });
});

describe('a student changes an enrolment (docs/contracts/lecture.md#saga-s9)', () => {
  test('39. given an enrolment, when its fee is changed, then it and my page show it, alert tells it, and nothing else changes', async () => {
    const { id } = await enrol();
    const { enrolment: _, myPage, ...others } = await reaches(id, ENROLLED);
    expect(await call('PATCH', `/classes/${id}`, { fee: '8000' })).toMatchObject({
      status: 200,
      body: { id, fee: 8000 },
    });
    expect((await get(`/classes/${id}`)).body).toMatchObject({ id, fee: 8000 });
    const after = await reaches(id, { myPage: { fee: 8000 } });
    expect(after).toEqual({ enrolment: expect.anything(), myPage: { ...myPage, fee: 8000 }, ...others });
    await published('ClassModified', id);
    await eventually(async () => {
      const publishedEvents = (await notices()).filter(
        ({ data }) => data.eventType === 'ClassModified' && data.id === id,
      );
      expect(publishedEvents).toHaveLength(1);
    });
  });

  test('39. given an enrolment, when it is replaced with PUT, then my page takes over course, fee and student', async () => {
    const { id } = await enrol();
    await reaches(id, ENROLLED);
    const other = enrolmentRequest({ courseId: '2', fee: '9000' });
    expect((await call('PUT', `/classes/${id}`, other)).status).toBe(200);
    await reaches(id, { myPage: { courseId: 2, fee: 9000, student: other.student } });
  });
});
