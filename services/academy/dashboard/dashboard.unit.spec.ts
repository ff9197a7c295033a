import { type Call, type Given, given } from '../../kit/testing/index.ts';
import dashboard from './service.ts';

let app: Given;
let reads = 0;
beforeEach(async () => {
  const before = ({ kind }: Call): undefined => {
    if (kind === 'state-read') reads++;
  };
  app = await given('academy-dashboard', dashboard, { before });
});
afterEach(() => app.close());

const completed = (id: number) => ({
  type: 'CourseRegistrationCompleted',
  version: 2,
  data: { id, lectureId: id, studentId: 7, status: '결제 완료' },
});
const status = encodeURIComponent('결제 완료');
const LIST = '/courseRegistrationStatuses';

interface Page {
  readonly _embedded: { readonly courseRegistrationStatuses: readonly { readonly id: number }[] };
  readonly _links: { readonly next?: { readonly href: string } };
}

test("given registrations for many lectures, when they are listed, then each has its lecture's name at the cost of few reads", async () => {
  for (let id = 1; id <= 60; id++) {
    if (id % 2 === 0) app.put({ type: 'LectureOpened', data: { id, lectureName: `lecture ${id}`, studentNumber: 0 } });
    app.put(completed(id));
  }
  await app.settle();
  reads = 0;
  const rows = await app.rows<{ lectureId: number; lectureName: string | null }>(LIST);
  expect(reads).toBeLessThan(12);
  expect(new Map(rows.map(({ lectureId, lectureName }) => [lectureId, lectureName]))).toEqual(
    new Map(Array.from({ length: 60 }, (_, n) => [n + 1, n % 2 === 1 ? `lecture ${n + 1}` : null])),
  );
});

test('given registrations of one status, when they are sought, then all come, or the page that is asked for', async () => {
  for (let id = 1; id <= 5; id++) app.put(completed(id));
  app.put({ type: 'CourseRegistered', data: { id: 6, lectureId: 1, studentId: 7, status: '수강신청중' } });
  await app.settle();
  const sought = async (query = '') => {
    const path = `${LIST}/search/findByCourseStatus?courseStatus=${status}${query}`;
    const { body } = await app.request<Page>('GET', path);
    return { ids: body._embedded.courseRegistrationStatuses.map(({ id }) => id), next: body._links.next?.href };
  };
  const all = (await sought()).ids;
  expect(all).toHaveLength(5);
  expect(await sought('&size=2')).toEqual({ ids: all.slice(0, 2), next: expect.stringMatching(/page=1/) });
  expect(await sought('&size=2&page=2')).toEqual({ ids: all.slice(4), next: undefined });
});
