import { randomUUID } from 'node:crypto';
import { expectProblem, type Fields, rows, someone } from '../../harness/client.ts';
import { eventually } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import {
  CANCELED,
  call,
  cancel,
  ENROLLED,
  type Enrolment,
  enrol,
  enrolInTheCrowd,
  enrolmentRequest,
  get,
  insist,
  NOBODYS,
  newest,
  PAYMENT_CANCELED,
  reaches,
} from '../client.ts';

/** Commands that come twice, or at the same time: one effect each, and the same answer. */

const topic = followed('lecture');

/** Events of a type about an enrolment; one that was published twice has the same id and counts once. */
const published = (type: string, classId: number) => {
  const about = topic.published.filter(
    ({ event }) => event.type === type && (event.data.classId ?? event.data.id) === classId,
  );
  return [...new Map(about.map((one) => [one.event.id, one])).values()];
};
const atOnce = <T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));
const withKey = (): Record<string, string> => ({ 'idempotency-key': randomUUID() });

describe('with an Idempotency-Key', () => {
  test('5. given an enrolment made, when the same request comes again, then the answer is the same and there is one', async () => {
    const [body, key] = [enrolmentRequest(), withKey()];
    const first = await call('POST', '/classes', body, key);
    const second = await call('POST', '/classes', body, key);
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect((await newest('/classes')).filter((row) => row.student === body.student)).toHaveLength(1);
    expect((await newest('/payments')).filter((row) => row.student === body.student)).toHaveLength(1);
  });

  test('5. given one request, when it comes ten times at once, then there is one enrolment with one payment', async () => {
    const [body, key] = [enrolmentRequest(), withKey()];
    const answers = await atOnce(10, () => insist('POST', '/classes', body, key));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201));
    const id = answers[0]!.body.id as number;
    expect(new Set(answers.map((answer) => answer.body.id))).toEqual(new Set([id]));
    await reaches(id, ENROLLED);
    expect((await newest('/payments')).filter((row) => row.student === body.student)).toHaveLength(1);
    await eventually(() => expect(published('ClassRegistered', id)).toHaveLength(1));
  });

  test.each([
    ['1', '/courses', () => ({ name: someone('korean'), teacher: 'hong', fee: 1, textBook: 'kor_book' }), 'name'],
    ['20', '/gifts', () => ({ classId: NOBODYS, fee: 20000, student: someone('young') }), 'student'],
  ])(
    '%s. given a record to be made, when POST %s comes five times at once, then there is one',
    async (_, path, make, field) => {
      const [body, key] = [make() as Record<string, unknown>, withKey()];
      const answers = await atOnce(5, () => call('POST', path, body, key));
      expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(201));
      expect((await newest(path)).filter((row) => row[field] === body[field])).toHaveLength(1);
    },
  );

  test('5. given a key that was used, when another request comes with it, then 422 and nothing happens', async () => {
    const key = withKey();
    await enrol({}, key);
    const other = enrolmentRequest();
    expectProblem(await call('POST', '/classes', other, key), [409, 422]);
    expect((await newest('/classes')).filter((row) => row.student === other.student)).toEqual([]);
  });

  test('12. given an enrolment cancelled, when the same request comes again, then 204 again and one ClassCanceled', async () => {
    const [{ id }, key] = [await enrol(), withKey()];
    expect((await cancel(id, key)).status).toBe(204);
    expect((await cancel(id, key)).status).toBe(204);
    await reaches(id, CANCELED);
    expect(published('ClassCanceled', id)).toHaveLength(1);
  });

  test('39. given an enrolment changed twice, when the first change comes again, then the second stays', async () => {
    const [{ id }, key] = [await enrol(), withKey()];
    await call('PATCH', `/classes/${id}`, { fee: 1 }, key);
    await call('PATCH', `/classes/${id}`, { fee: 2 });
    expect((await call('PATCH', `/classes/${id}`, { fee: 1 }, key)).status).toBe(200);
    expect((await get(`/classes/${id}`)).body).toMatchObject({ fee: 2 });
  });

  test.each<[what: string, other: (id: number) => [method: string, path: string, body?: Fields]]>([
    ['another change of the same enrolment', (id) => ['PATCH', `/classes/${id}`, { fee: 2 }]],
    ['the same change by another method', (id) => ['DELETE', `/classes/${id}`]],
    ['the same change of another enrolment', (id) => ['PATCH', `/classes/${id + 1}`, { fee: 1 }]],
  ])(
    '39. given a key by which a fee was changed, when %s comes with it, then 422 and nothing happens',
    async (_, other) => {
      const [{ id }, key] = [await enrol(), withKey()];
      await enrol();
      expect((await call('PATCH', `/classes/${id}`, { fee: 1 }, key)).status).toBe(200);
      const [method, path, body] = other(id);
      expectProblem(await call(method, path, body, key), 422);
      expect(await get(`/classes/${id}`)).toMatchObject({ status: 200, body: { fee: 1 } });
      await eventually(() => expect(published('ClassModified', id)).toHaveLength(1));
      expect(published('ClassCanceled', id)).toEqual([]);
    },
  );

  test('12. given a key by which a student enrolled, when the enrolment is cancelled with it, then 422 and it stands', async () => {
    const key = withKey();
    const { id } = await enrol({}, key);
    expectProblem(await cancel(id, key), 422);
    await reaches(id, ENROLLED);
  });

  test('5. given a key of 1,000 characters, when a student enrols with it, then 400', async () => {
    expectProblem(await call('POST', '/classes', enrolmentRequest(), { 'idempotency-key': 'x'.repeat(1000) }), 400);
  });
});

describe('without one', () => {
  test('5. given one student, when he enrols twenty times at once, then there are twenty enrolments, each with one payment', async () => {
    const student = someone();
    const made = (await atOnce(20, () => enrolInTheCrowd({ student }))).map(({ id }) => id).sort((a, b) => a - b);
    expect(new Set(made).size).toBe(20);
    await Promise.all(made.map((id) => reaches(id, ENROLLED)));
    const idsOf = async (path: string, fields: { id: string; status?: string }): Promise<unknown[]> => {
      const found = await newest(path);
      const own = found.filter((row) => row.student === student && row.status === fields.status);
      return own.map((row) => row[fields.id]).sort((a, b) => Number(a) - Number(b));
    };
    await eventually(async () => {
      expect(await idsOf('/classes', { id: 'id' })).toEqual(made);
      expect(await idsOf('/payments', { id: 'classId', status: 'PAYMENT_COMPLETED' })).toEqual(made);
    });
  });

  test('12. given an enrolment, when it is cancelled twice, then 204 and 404, and one ClassCanceled', async () => {
    const { id } = await enrol();
    expect((await cancel(id)).status).toBe(204);
    expectProblem(await cancel(id), 404);
    await reaches(id, CANCELED);
    expect(published('ClassCanceled', id)).toHaveLength(1);
  });

  test('12. given an enrolment, when it is cancelled ten times at once, then one is 204 and the others 404', async () => {
    const { id } = await enrol();
    const statuses = (await atOnce(10, () => cancel(id))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, ...Array(9).fill(404)]);
    await reaches(id, CANCELED);
    expect(published('ClassCanceled', id)).toHaveLength(1);
    expect(published('PaymentCanceled', id)).toHaveLength(1);
  });

  test('4. given a course, when it is deleted twice, then 204 and 404', async () => {
    const course = await call('POST', '/courses', { name: 'korean', teacher: 'hong', fee: 1, textBook: 'kor_book' });
    expect((await call('DELETE', `/courses/${course.body.id}`)).status).toBe(204);
    expectProblem(await call('DELETE', `/courses/${course.body.id}`), 404);
  });

  test('39. given an enrolment, when it is changed ten times at once, then all are published and my page shows the last', async () => {
    const { id } = await enrol();
    await reaches(id, ENROLLED);
    const answers = await atOnce(10, (n) => call('PATCH', `/classes/${id}`, { fee: 1000 + n }));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const { fee } = (await get(`/classes/${id}`)).body as unknown as Enrolment;
    await eventually(() => expect(published('ClassModified', id)).toHaveLength(10));
    await reaches(id, { enrolment: { fee }, myPage: { fee } });
    const last = published('ClassModified', id).reduce((a, b) =>
      (a.event.aggregateversion ?? 0) > (b.event.aggregateversion ?? 0) ? a : b,
    );
    expect(last.event.data.fee).toBe(fee);
  });

  test('18. given an enrolment, when it is changed and cancelled at the same time, then it ends cancelled', async () => {
    for (let n = 0; n < 10; n++) {
      const { id } = await enrol();
      const [changed, canceled] = await Promise.all([call('PATCH', `/classes/${id}`, { fee: 1 }), cancel(id)]);
      expect([200, 404]).toContain(changed.status);
      expect(canceled.status).toBe(204);
      await reaches(id, CANCELED);
    }
  });

  test('18. given an enrolment just made, when it is cancelled before anybody else knew of it, then all ends cancelled', async () => {
    const made = await atOnce(10, async () => {
      const { id } = await enrolInTheCrowd();
      expect((await cancel(id)).status).toBe(204);
      return id;
    });
    for (const id of made) await reaches(id, CANCELED);
  });

  test('21. given a payment, when it is cancelled five times at once, then each answer is 200 and it is published once', async () => {
    const { id } = await enrol();
    await reaches(id, ENROLLED);
    const answers = await atOnce(5, () => call('PATCH', `/payment/cancel/${id}`));
    expect(answers.map(({ status, body }) => [status, body.status])).toEqual(Array(5).fill([200, 'CANCEL']));
    await reaches(id, PAYMENT_CANCELED);
    expect(published('PaymentCanceled', id)).toHaveLength(1);
  });

  test('21. given a cancelled payment, when the enrolment is cancelled too, then all ends cancelled', async () => {
    const { id } = await enrol();
    await call('PATCH', `/payment/cancel/${id}`);
    await reaches(id, PAYMENT_CANCELED);
    expect((await cancel(id)).status).toBe(204);
    await reaches(id, CANCELED);
    expect(published('PaymentCanceled', id)).toHaveLength(1);
  });

  test('20. given one gift request, when it is posted twice, then there are two gifts', async () => {
    const student = someone('young');
    await atOnce(2, () => call('POST', '/gifts', { classId: NOBODYS, fee: 20000, student }));
    const found = rows(await get(`/gifts/search/findByClassId?classId=${NOBODYS}`));
    expect(found.filter((row) => row.student === student)).toHaveLength(2);
  });
});
