import createClient from 'openapi-fetch';
import { someone } from '../../harness/client.ts';
import { eventually } from '../../harness/system.ts';
import { GW } from '../client.ts';
import type { paths } from '../openapi.ts';

/** A client that is made of the OpenAPI document alone: it compiles, and it plays the story of lecture. */

const lecture = createClient<paths>({ baseUrl: GW });
const course = { name: 'korean', teacher: 'hong-gil-dong', fee: '10000', textBook: 'kor_book' };

const myPage = async (classId: number) => {
  const { data } = await lecture.GET('/inquiryMypages/search/findByClassId', {
    params: { query: { classId: String(classId) } },
  });
  return data?._embedded.inquiryMypages[0];
};

test('5, 12. given a client of the OpenAPI document, when it enrols, changes and cancels, then my page tells it all', async () => {
  const made = await lecture.POST('/courses', { body: course });
  expect(made.response.status).toBe(201);
  const request = { courseId: made.data?.id ?? 0, fee: course.fee, student: someone(), textBook: course.textBook };
  const key = { 'Idempotency-Key': someone('key') };
  const [first, again] = [
    await lecture.POST('/classes', { params: { header: key }, body: request }),
    await lecture.POST('/classes', { params: { header: key }, body: request }),
  ];
  const id = first.data?.id ?? 0;
  expect(first.data).toMatchObject({ student: request.student, fee: 10_000 });
  expect(again.data).toEqual(first.data);
  await eventually(async () =>
    expect(await myPage(id)).toMatchObject({ status: 'CLASS_START', deliveryStatus: 'DELIVERY_START', point: 100 }),
  );
  const changed = await lecture.PATCH('/classes/{id}', { params: { path: { id } }, body: { fee: 8000 } });
  expect(changed.data?.fee).toBe(8000);
  const gone = await lecture.DELETE('/classes/{id}', { params: { path: { id } } });
  expect(gone.response.status).toBe(204);
  await eventually(async () =>
    expect(await myPage(id)).toMatchObject({ status: 'CLASS_CANCELED', paymentStatus: 'PAYMENT_CANCELED', point: 0 }),
  );
  const sought = await lecture.GET('/classes/{id}', { params: { path: { id } } });
  expect(sought.error).toMatchObject({ status: 404, title: 'Not Found' });
});
