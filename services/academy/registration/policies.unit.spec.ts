import { ANSWERED_BY } from '../../kit/index.ts';
import { type Call, type Given, given } from '../../kit/testing/index.ts';
import registration from './service.ts';

const LECTURE = 7;
const configuration = { 'api.payment.url': 'academy-payment', PAYMENTS_AT_ONCE: '100' };

const paid = {
  status: 200,
  headers: { 'content-type': 'application/json', [ANSWERED_BY]: 'academy-payment' },
  body: Buffer.from('{"paid":true}'),
};

let app: Given;
/** What happens while payment answers: the registration does not stand yet. */
let meanwhile: (courseId: number) => Promise<void> = async () => undefined;
beforeEach(async () => {
  const before = async ({ callee, body }: Call) => {
    if (callee !== 'academy-payment') return undefined;
    await meanwhile(JSON.parse(body).courseId);
    return paid;
  };
  app = await given('academy-registration', registration, { before, configuration });
});
afterEach(async () => {
  meanwhile = async () => undefined;
  await app.close();
});

const register = (lectureId = LECTURE) =>
  app.request<{ id: number; status: string }>('POST', '/courseRegistrationSystems', { lectureId });
const stateOf = async (id: number): Promise<string | number> => {
  const { status, body } = await app.request<{ status: string }>('GET', `/courseRegistrationSystems/${id}`);
  return status === 200 ? body.status : status;
};
const news = (type: string, courseId: number) => ({ id: type, type, data: { id: 1, courseId } });
const published = (type: string, id: number): number => app.published(type).filter(({ data }) => data.id === id).length;
const parked = async (): Promise<object[]> => [...(await app.rows('/deferred')), ...(await app.rows('/deadletters'))];

/** Brings events one by one, without waiting until all is quiet: it is not while payment answers. */
async function bring(types: readonly string[], courseId: number): Promise<void> {
  for (const type of types) {
    app.put(news(type, courseId));
    await app.backend.deliver('academy-registration', { max: 1 });
  }
}

const both = ['PaymentCompleted', 'PaymentCanceled'];
describe.each<[events: string[], state: string | number]>([
  [['PaymentCompleted'], '결제 완료'],
  [['PaymentCanceled'], 404],
  [both, 404],
  [both.toReversed(), 404],
])('given %j of the payment of a registration', (events, state) => {
  const splits = events.map((_, index) => index).concat(events.length);

  test.each(splits)(
    `when %i of them come before it stands, the others behind it, and all of them again, then it ends ${state}`,
    async (early) => {
      meanwhile = (courseId) => bring(events.slice(0, early), courseId);
      const { status, body } = await register();
      expect(status).toBe(201);
      await app.settle();
      for (const type of events.slice(early)) await app.publish(news(type, body.id));
      await app.eventually(async () => expect(await stateOf(body.id)).toBe(state));
      for (const type of [...events, ...events]) await app.publish(news(type, body.id));
      expect(await stateOf(body.id)).toBe(state);
      await app.eventually(() => expect(published('CourseCanceled', body.id)).toBe(state === 404 ? 1 : 0));
      expect(published('CourseRegistrationCompleted', body.id)).toBeLessThanOrEqual(1);
      expect(await parked()).toEqual([]);
    },
  );
});

test('given a payment made and cancelled before its registration, when it stands, then it is never published as completed', async () => {
  meanwhile = (courseId) => bring(both, courseId);
  const { body } = await register();
  await app.eventually(() => expect(published('CourseCanceled', body.id)).toBe(1));
  expect(published('CourseRegistrationCompleted', body.id)).toBe(0);
  expect(await stateOf(body.id)).toBe(404);
});

test.each(both)('given a payment of no registration, when %s comes, then nobody waits for it', async (type) => {
  await app.publish(news(type, 987_654));
  expect(await parked()).toEqual([]);
});

test('given a registration that was cancelled, when its payment is published, then it is not revived', async () => {
  const { body } = await register();
  expect((await app.request('DELETE', `/courseRegistrationSystems/${body.id}`)).status).toBe(204);
  for (const type of both) await app.publish(news(type, body.id));
  expect(await stateOf(body.id)).toBe(404);
  await app.eventually(() => expect(published('CourseCanceled', body.id)).toBe(1));
});

describe('a lecture that is cancelled', () => {
  const canceled = { type: 'OpenedCanceled', data: { id: LECTURE, lectureName: 'korean', studentNumber: 0 } };
  const found = (lectureId: number): Promise<readonly object[]> =>
    app.rows(`/courseRegistrationSystems/search/findByLectureId?lectureId=${lectureId}`);

  test('given many registrations, when it is cancelled, then all go, in pieces, and nobody registers any more', async () => {
    const MANY = 300;
    const ids: number[] = [];
    while (ids.length < MANY) {
      const made = await Promise.all(Array.from({ length: 50 }, () => register()));
      ids.push(...made.map(({ body }) => body.id as number));
    }
    const other = await register(LECTURE + 1);
    await app.settle();
    const before = new Set(app.published('CourseCanceled').map(({ id }) => id)).size;
    app.put(canceled);
    let most = 0;
    for (let known = before; known < MANY; ) {
      await app.backend.deliver('academy-registration', { max: 1 });
      const now = new Set(app.published('CourseCanceled').map(({ id }) => id)).size;
      most = Math.max(most, now - known);
      known = now;
      await new Promise(setImmediate);
    }
    expect(most).toBeLessThan(MANY / 2);
    await app.settle();
    expect(await found(LECTURE)).toEqual([]);
    expect(new Set(app.published('CourseCanceled').map(({ data }) => data.id))).toEqual(new Set(ids));
    expect(app.published('CourseCanceled')).toHaveLength(MANY);
    expect((await register()).status).toBe(409);
    expect(await stateOf(other.body.id)).toBe('수강신청중');
    expect(await parked()).toEqual([]);
  }, 60_000);

  test('given registrations under way, when it is cancelled and published again for those that came through, then none stays', async () => {
    const under: ReturnType<typeof register>[] = [];
    let go: () => void = () => undefined;
    const wait = new Promise<void>((resolve) => {
      go = resolve;
    });
    let asked = 0;
    meanwhile = async () => {
      asked++;
      await wait;
    };
    for (let n = 0; n < 12; n++) under.push(register());
    while (asked < 12) await new Promise(setImmediate);
    app.put({ ...canceled, id: 'first' });
    await app.backend.deliver('academy-registration');
    go();
    const made = await Promise.all(under);
    expect(made.map(({ status }) => status)).toEqual(Array(12).fill(201));
    await app.publish({ ...canceled, id: 'again' });
    await app.eventually(async () => expect(await found(LECTURE)).toEqual([]));
    for (const { body } of made) await app.eventually(() => expect(published('CourseCanceled', body.id)).toBe(1));
  });
});
