import {
  type Answer,
  expectProblem,
  expectTryLater,
  type Fields,
  refusedAtOnce,
  rows,
  someone,
} from '../../harness/client.ts';
import { eventually, LONG, processes, processOf, profile, run } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import {
  call,
  cancel,
  cancelLecture,
  completes,
  get,
  lectureRow,
  newest,
  open,
  recordsOf,
  register,
  registered,
  slow,
  studentsAre,
  vanishes,
  without,
} from '../client.ts';

/** Services stopped or slow: what must go on goes on, what must not be half done is not, and what was missed is caught up. */

const topic = followed('academy');

/** Registrations of a lecture about which an event was told. */
const published = (type: string, lectureId: number): number[] => [
  ...new Set(
    topic.published
      .filter(({ event }) => event.type === type && event.data.lectureId === lectureId)
      .map(({ event }) => event.data.id as number),
  ),
];

/** Turned away as in docs/contracts/academy.md#scenario-12 */
function expectPayLater(answer: Answer): void {
  expectTryLater(answer);
  expect(answer.body.detail).toMatch(/pay a little later/);
}

const registrationsFor = async (lectureId: number): Promise<Fields[]> =>
  rows<Fields>(await get(`/courseRegistrationSystems/search/findByLectureId?lectureId=${lectureId}`));

test(
  '12, 13, 14. given payment is down, when students register, then they are turned away and nothing of it is left',
  async () => {
    const [first, second] = [await open(), await open()];
    const before = [await lectureRow(first), await lectureRow(second)];
    const others = async () =>
      (await processes()).filter(({ appId }) => /^academy-/.test(appId) && !/payment/.test(appId));
    const pids = (await others()).map(({ pid }) => pid);
    await without(['payment'], async () => {
      for (const lecture of [first, second]) {
        expectPayLater(await call('POST', '/courseRegistrationSystem', { lectureId: String(lecture) }));
        expect(await registrationsFor(lecture)).toEqual([]);
      }
    });
    for (const lecture of [first, second])
      await eventually(async () => expect((await register(String(lecture))).status).toBe(201), 30_000);
    for (const [index, lecture] of [first, second].entries()) {
      const ids = (await registrationsFor(lecture)).map(({ id }) => id as number);
      expect(ids).toHaveLength(1);
      await completes(ids[0]!);
      await studentsAre(lecture, ids);
      expect(published('CourseRegistered', lecture)).toEqual(ids);
      expect(before[index]).toMatchObject({ studentNumber: 0, lectureStatus: null });
    }
    expect((await others()).map(({ pid }) => pid)).toEqual(pids);
  },
  LONG,
);

test(
  '15, 16, 17. given lecture is down, when students register, then they are completed and counted once when it is back',
  async () => {
    const [first, second] = [await open(), await open()];
    const [one, two, gone] = await without(['lecture'], async () => {
      const ids = [await registered(first), await registered(second), await registered(second)];
      for (const id of ids) await completes(id);
      expect((await cancel(ids[2]!)).status).toBe(204);
      await vanishes(ids[2]!);
      expectProblem(await get(`/lectureSystems/${first}`), 503);
      return ids as [number, number, number];
    });
    await studentsAre(first, [one], 60_000);
    await studentsAre(second, [two], 60_000);
    expect(gone).not.toBe(two);
  },
  LONG,
);

test(
  '18. given registration is down, when a payment is made, then the registration is completed when it is back',
  async () => {
    const last = await registered(1);
    const numbers = Array.from({ length: 5 }, (_, index) => last + 1 + index);
    await without(['registration'], async () => {
      for (const courseId of numbers) {
        const payment = await call('POST', '/paymentSystems', { courseId });
        expect(payment).toMatchObject({ status: 201, body: { courseId } });
        expect(payment.ms).toBeLessThan(2_000);
      }
    });
    // It was told once, and long before this registration came to be.
    const id = await registered(1);
    expect(numbers).toContain(id);
    await completes(id, 60_000);
    const paid = topic.published.filter(({ event }) => event.type === 'PaymentCompleted' && event.data.courseId === id);
    expect(new Set(paid.map(({ event }) => event.id)).size).toBe(1);
  },
  LONG,
);

test(
  '5, 6, 18. given payment and lecture are down, when a student cancels, then it is done, and both follow when back',
  async () => {
    const lecture = await open();
    const id = await registered(lecture);
    await completes(id);
    await studentsAre(lecture, [id]);
    await without(['payment', 'lecture'], async () => {
      expect((await cancel(id)).status).toBe(204);
      expectProblem(await get(`/courseRegistrationSystems/${id}`), 404);
    });
    await vanishes(id, 60_000);
    await studentsAre(lecture, [], 60_000);
  },
  LONG,
);

test(
  '8, 9. given registration is down, when a lecture is cancelled, then its registrations go when it is back',
  async () => {
    const lecture = await open();
    const ids = [await registered(lecture), await registered(lecture)];
    for (const id of ids) await completes(id);
    await without(['registration'], async () => {
      expect((await cancelLecture(lecture)).status).toBe(204);
      expectProblem(await register(lecture), 503);
    });
    for (const id of ids) await vanishes(id, 60_000);
    expectProblem(await register(lecture), 409);
  },
  LONG,
);

test(
  '9. given registration does not hear of a cancellation yet, when students register, then they are cancelled, too',
  async () => {
    const lecture = await open();
    const ids = await without(['lecture'], async () => [await registered(lecture), await registered(lecture)]);
    // A service that has just come back may ask to be asked again.
    const key = { 'idempotency-key': someone() };
    await eventually(async () => {
      expect((await call('DELETE', `/lectureSystems/${lecture}`, undefined, key)).status).toBe(204);
    });
    for (const id of ids) await vanishes(id, 60_000);
  },
  LONG,
);

test(
  '19. given the dashboard is stopped, when lectures and registrations come and go, then it is complete when it is back',
  async () => {
    const opened = await without(['dashboard'], async () => {
      const [kept, gone] = (
        await Promise.all(['kept', 'gone'].map((lectureName) => call('POST', '/lectureSystems', { lectureName })))
      ).map(({ body }) => body.id as number) as [number, number];
      const [stays, left, lost] = [await registered(kept), await registered(kept), await registered(gone)];
      const is = async (id: number, status: string | undefined): Promise<void> => {
        await eventually(async () =>
          expect((await get(`/courseRegistrationSystems/${id}`)).body.status).toBe(status ?? 404),
        );
      };
      for (const id of [stays, left, lost]) await is(id, '결제 완료');
      expect((await cancel(left)).status).toBe(204);
      expect((await cancelLecture(gone)).status).toBe(204);
      await is(lost, undefined);
      await eventually(async () => expect((await get(`/lectureSystems/${kept}`)).body.studentNumber).toBe(1));
      expectProblem(await get('/lectureStatuses'), 503);
      return { kept, gone, stays, left, lost };
    });
    await completes(opened.stays, 60_000);
    await vanishes(opened.left, 60_000);
    await vanishes(opened.lost, 60_000);
    await studentsAre(opened.kept, [opened.stays], 60_000);
    await eventually(async () => expect(await lectureRow(opened.gone)).toBeUndefined());
  },
  LONG,
);

test(
  '10. given all others are down, when the dashboard is asked, then it shows everything',
  async () => {
    const lecture = await open();
    const id = await registered(lecture);
    const { row } = await completes(id);
    await studentsAre(lecture, [id]);
    const shown = await lectureRow(lecture);
    await without(['registration', 'payment', 'lecture'], async () => {
      expect((await get(`/courseRegistrationStatuses/${row?.id}`)).body).toEqual(row);
      const newest = 'studentId=12334&sort=id,desc&size=20';
      expect(rows(await get(`/courseRegistrationStatuses/search/findByStudentId?${newest}`))).toContainEqual(row);
      expect(await lectureRow(lecture)).toEqual(shown);
    });
  },
  LONG,
);

test(
  '20. given payment keeps its answer back for 400 ms, when the event comes first, then the registration is completed',
  async () => {
    await slow({ ANSWER_DELAY_MS: 400 }, async () => {
      const lecture = await open();
      const answers = await eventually(async () => {
        const answers = [await register(lecture), await register(lecture), await register(lecture)];
        for (const { status, ms } of answers) {
          expect(status).toBe(201);
          expect(ms).toBeGreaterThanOrEqual(400);
        }
        return answers;
      });
      for (const { body } of answers) await completes(body.id as number);
    });
  },
  LONG,
);

test.each([
  ['before it pays', 'PAYMENT_DELAY_MS', false],
  ['after it paid', 'ANSWER_DELAY_MS', true],
])(
  '21. given payment takes longer than 610 ms %s, when a student registers, then it fails in time and no payment stays',
  async (_, delay, paid) => {
    const lecture = await open();
    const kept: number[] = [];
    await slow({ [delay]: 1_500 }, async () => {
      // Until payment has heard of its delay, students are registered.
      const refused = await eventually(async () => {
        const answer = await register(lecture);
        if (answer.status === 201) kept.push(answer.body.id as number);
        expect(answer.status).toBe(503);
        return answer;
      });
      expectPayLater(refused);
      expect(refused.ms).toBeGreaterThanOrEqual(600);
      expect(refused.ms).toBeLessThan(1_400);
    });
    const [attempt] = await eventually(() => {
      const found = published('CourseCanceled', lecture);
      expect(found).toHaveLength(1);
      return found;
    });
    if (paid)
      await eventually(() => {
        const about = topic.published
          .filter(({ event }) => event.data.courseId === attempt)
          .map(({ event }) => event.type);
        expect([...new Set(about)].sort()).toEqual(['PaymentCanceled', 'PaymentCompleted']);
      });
    // The payment that came too late would have been made by now, or is refused for good.
    await eventually(async () => expectProblem(await call('POST', '/paymentSystems', { courseId: attempt }), 409));
    await vanishes(attempt!);
    for (const id of kept) await completes(id);
    await studentsAre(lecture, kept);
    expect(published('CourseRegistered', lecture)).toEqual(kept);
  },
  LONG,
);

test(
  '24, 25. given payment is too slow, when 40 students keep registering, then they are cut off, later refused at once',
  async () => {
    const lecture = await open();
    const answers: Answer[] = [];
    await slow({ PAYMENT_DELAY_MS: 1_500 }, async () => {
      answers.push(...(await refusedAtOnce(40, () => register(lecture))));
      expect((await get('/courseRegistrationSystems?size=5')).status).toBe(200);
    });
    const ids = answers.filter(({ status }) => status === 201).map(({ body }) => body.id as number);
    for (const answer of answers) if (answer.status !== 201) expectPayLater(answer);
    const after = await eventually(() => registered(lecture), 30_000);
    for (const id of [...ids, after]) await completes(id);
    await eventually(async () => {
      for (const id of published('CourseCanceled', lecture))
        expect(await recordsOf(id)).toEqual({ registration: undefined, payment: undefined, row: undefined });
    }, 60_000);
    await studentsAre(lecture, [...ids, after]);
    const payments = await newest<{ courseId: number }>('/paymentSystems');
    const registrations = new Set((await newest<{ id: number }>('/courseRegistrationSystems')).map(({ id }) => id));
    const lowest = Math.min(...ids, after);
    const orphans = payments.filter(({ courseId: id }) => id >= lowest && id <= after && !registrations.has(id));
    expect(orphans).toEqual([]);
  },
  LONG,
);

test(
  "12. given payment's address comes from the ConfigMap, when it changes, then the same process calls the new one",
  async () => {
    const { pid } = await processOf('academy-registration');
    const address = (appId: string): Promise<string> => run('config', 'academy', `api.payment.url=${appId}`);
    try {
      await address('academy-nowhere');
      await eventually(async () => {
        const answer = await register(1);
        expectPayLater(answer);
        expect(answer.body.detail).toContain('academy-nowhere');
      }, 40_000);
    } finally {
      await address('academy-payment');
    }
    await eventually(() => registered(1), 40_000);
    expect((await processOf('academy-registration')).pid).toBe(pid);
  },
  LONG,
);

test(
  '31. given two processes of registration, lecture and dashboard, when many register and cancel, then each counts once',
  async () => {
    const doubled = ['academy-registration', 'academy-lecture', 'academy-dashboard'];
    const lecture = await open();
    const ids: number[] = [];
    try {
      const requests = doubled.flatMap((appId) => ['--replicas', `${appId}=2`]);
      await run('up', 'academy', '--profile', profile, '--detach', ...requests);
      ids.push(...(await Promise.all(Array.from({ length: 24 }, () => registered(lecture)))));
      for (const id of ids.splice(0, 5)) expect(await cancel(id)).toMatchObject({ status: 204 });
      await studentsAre(lecture, ids, 60_000);
    } finally {
      for (const appId of doubled) await run('stop', `${appId}-2`);
    }
    await studentsAre(lecture, [...ids, await registered(lecture)], 60_000);
  },
  LONG,
);
