import request from 'supertest';
import pay from '../../services/lecture/pay/service.ts';
import { beside } from '../harness/beside.ts';
import { eventually } from '../harness/system.ts';

test('given an app that died when its sidecar had just found it, when it is back, then it gets its events', async () => {
  const service = await beside('lecture-pay', pay, true);
  try {
    const fields = { courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' };
    await request(service.app)
      .post('/internal/payments')
      .send({ classId: 301, ...fields })
      .expect(200);
    await service.publish({ type: 'ClassCanceled', data: { id: 301, ...fields } });
    await eventually(async () => {
      const { body } = await request(service.app).get('/payments/search/findByClassId?classId=301');
      expect(body._embedded.payments).toMatchObject([{ status: 'CANCEL' }]);
    });
  } finally {
    await service.close();
  }
}, 120_000);
