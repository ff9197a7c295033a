import { given, MemoryBackend } from '../../kit/testing/index.ts';
import gift from '../gift/service.ts';
import point from './service.ts';

const payment = {
  id: 1,
  classId: 3,
  courseId: 1,
  fee: 10_000,
  student: 'john-doe',
  textBook: 'kor_book',
  status: 'PAYMENT_COMPLETED',
};

test('given gift answers something else than agreed, when it answers right again, then the points come, without a dead letter', async () => {
  let answer: object = { grantd: true };
  const service = await given('lecture-point', point, {
    configuration: { POINT_PERCENT: '1' },
    before: ({ callee }) =>
      callee === 'lecture-gift'
        ? {
            status: 200,
            headers: { 'x-answered-by': 'lecture-gift' },
            body: Buffer.from(JSON.stringify(answer)),
          }
        : undefined,
  });
  await service.publish({ type: 'PaymentApproved', data: payment });
  expect(await service.rows('/deferred')).toMatchObject([
    { cause: 'callee', callee: 'lecture-gift', reason: expect.stringContaining('does not answer as agreed') },
  ]);
  answer = { granted: true };
  await service.eventually(() => expect(service.published('PointRegistered')).toHaveLength(1));
  expect(await service.rows('/deadletters')).toEqual([]);
  await service.close();
});

test('given one gift of a batch cannot be stored, when gift is asked for all, then the others have points, each in its trace', async () => {
  const backend = new MemoryBackend();
  const asked: string[] = [];
  const service = await given('lecture-point', point, {
    backend,
    configuration: { POINT_PERCENT: '1' },
    before: ({ callee, path }) => {
      if (callee) asked.push(path.slice(path.indexOf('/internal')));
      return undefined;
    },
  });
  const other = await given('lecture-gift', gift, {
    backend,
    configuration: { GIFT_STEP: '10000', GIFT_MAXIMUM: '4' },
    // The gift of enrolment 2 cannot be stored.
    before: ({ kind, body }) =>
      kind === 'state-write' && body.includes('Gift-of-2')
        ? { status: 413, headers: {}, body: Buffer.alloc(0) }
        : undefined,
  });
  const traceparent = (n: number): string => `00-${String(n).padStart(32, '1')}-00f067aa0ba902b7-01`;
  for (const classId of [1, 2, 3]) {
    const data = { ...payment, id: classId, classId };
    service.put({ type: 'PaymentApproved', data, traceparent: traceparent(classId), id: `paid-${classId}` });
  }
  await service.settle();
  expect(asked.slice(0, 2)).toEqual(['/internal/gifts/group', '/internal/gifts']);
  const published = (type: string) =>
    service
      .published(type)
      .map(({ data, traceparent, causationid }) => ({ classId: data.classId, traceparent, causationid }));
  const of = (classId: number) => ({ classId, traceparent: traceparent(classId), causationid: `paid-${classId}` });
  expect(published('GiftRegistered')).toEqual([of(1), of(3)]);
  expect(published('PointRegistered')).toEqual([of(1), of(3)]);
  await Promise.all([service.close(), other.close()]);
});
