import { given } from '../../kit/testing/index.ts';
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
  await service.tell({ type: 'PaymentApproved', data: payment });
  expect((await service.request('GET', '/deferred')).body._embedded.deferred).toMatchObject([
    { cause: 'callee', callee: 'lecture-gift', reason: expect.stringContaining('does not answer as agreed') },
  ]);
  answer = { granted: true };
  await service.eventually(() => expect(service.published('PointRegistered')).toHaveLength(1));
  expect((await service.request('GET', '/deadletters')).body._embedded.deadletters).toEqual([]);
  await service.close();
});
