import { type Answer, client, type Fields, rows, someone } from '../harness/client.ts';
import { eventually } from '../harness/system.ts';

/** The academy system as its clients see it: requests to the gateway, and what became of one registration. */

export const { GW, call, get, insist, newest, without, configured } = client('academy');

/**
 * Opens a lecture; done when the dashboard shows it, too. Not 1, which requests of the scenarios name: who
 * registered for it before it is open counts as soon as it is.
 */
export async function open(lectureName = someone('lecture')): Promise<number> {
  const answer = await call('POST', '/lectureSystems', { lectureName });
  expect(answer).toMatchObject({ status: 201, body: { lectureName, studentNumber: 0 } });
  const id = answer.body.id as number;
  if (id === 1) return open(lectureName);
  await eventually(async () => expect(await lectureRow(id)).toMatchObject({ lectureId: id, lectureName }));
  return id;
}

export const register = (lectureId: unknown, fields: Fields = {}): Promise<Answer> =>
  call('POST', '/courseRegistrationSystems', { lectureId, ...fields });

/** Registers somebody; answers the registration's number. */
export async function registered(lectureId: number, fields: Fields = {}): Promise<number> {
  const answer = await insist('POST', '/courseRegistrationSystems', { lectureId, ...fields });
  expect(answer).toMatchObject({ status: 201, body: { lectureId, studentId: 12334, status: '수강신청중', ...fields } });
  return answer.body.id as number;
}

export const cancel = (id: number): Promise<Answer> => call('DELETE', `/courseRegistrationSystems/${id}`);
export const cancelLecture = (id: number): Promise<Answer> => call('DELETE', `/lectureSystems/${id}`);

/** The dashboard's row of a lecture. */
export const lectureRow = async (id: number): Promise<Fields | undefined> =>
  rows(await get(`/lectureStatuses/search/findByLectureId?lectureId=${id}`))[0];

/** Every record of one registration, undefined where there is none. A second payment or row is a failure in itself. */
export async function recordsOf(id: number): Promise<Record<string, Fields | undefined>> {
  const [registration, payments, shown] = await Promise.all([
    get(`/courseRegistrationSystems/${id}`),
    get(`/paymentSystems/search/findByCourseId?courseId=${id}`),
    get(`/courseRegistrationStatuses/search/findByCourseId?courseId=${id}`),
  ]);
  for (const found of [payments, shown]) expect(rows(found).length).toBeLessThanOrEqual(1);
  return {
    registration: registration.status === 200 ? registration.body : undefined,
    payment: rows(payments)[0],
    row: rows(shown)[0],
  };
}

/** Waits until a registration is paid and every service knows. */
export const completes = (id: number, limitMs?: number): Promise<Record<string, Fields | undefined>> =>
  eventually(async () => {
    const records = await recordsOf(id);
    expect(records).toMatchObject({
      registration: { id, status: '결제 완료' },
      payment: { courseId: id },
      row: { courseId: id, courseStatus: '결제 완료' },
    });
    return records;
  }, limitMs);

/** Waits until nothing of a registration is left. */
export const vanishes = (id: number, limitMs?: number): Promise<void> =>
  eventually(
    async () => expect(await recordsOf(id)).toEqual({ registration: undefined, payment: undefined, row: undefined }),
    limitMs,
  );

/** Waits until lecture and dashboard count so many students, and nobody else is on the list. */
export const studentsAre = (lectureId: number, ids: readonly number[], limitMs?: number): Promise<void> =>
  eventually(async () => {
    expect((await get(`/lectureSystems/${lectureId}`)).body.studentNumber).toBe(ids.length);
    expect((await lectureRow(lectureId))?.studentNumber).toBe(ids.length);
    const listed = rows<{ id: number }>(await get(`/lectureSystems/${lectureId}/registrations`));
    expect(listed.map(({ id }) => id)).toEqual([...ids].sort((a, b) => a - b));
  }, limitMs);

/** The delays of payment that are not 0 for the time of some work. */
export const slow = <T>(delays: Record<string, number>, work: () => Promise<T>): Promise<T> => {
  const values = Object.entries(delays).map(([key, ms]) => [key, String(ms)] as const);
  return configured(Object.fromEntries(values), Object.fromEntries(values.map(([key]) => [key, '0'])), work);
};
