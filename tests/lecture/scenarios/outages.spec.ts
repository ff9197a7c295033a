import { type Answer, expectTryLater, type Fields, refusedAtOnce, someone } from '../../harness/client.ts';
import { eventually, LONG, logLines, notices, processOf, run } from '../../harness/system.ts';
import {
  CANCELED,
  call,
  cancel,
  configured,
  ENROLLED,
  enrol,
  enrolmentRequest,
  get,
  newest,
  reaches,
  without,
} from '../client.ts';

/** Services stopped, slow, failing or crashing: what must go on goes on, and what was missed is caught up. */

const healthyPay = { PAY_DELAY_MS: '0', PAY_FAILURE: 'none' };

/** Enrolling works (again). */
const enrolmentWorks = (student?: string): Promise<number> =>
  eventually(async () => (await enrol(student ? { student } : {})).id, 30_000);

/**
 * A refused enrolment left nothing behind: no record, and a payment made in spite of it is cancelled with all that followed.
 */
const leftNothing = (students: readonly string[]): Promise<void> =>
  eventually(async () => {
    const of = async (path: string): Promise<Fields[]> =>
      (await newest(path)).filter((row) => students.includes(String(row.student)));
    expect(await of('/classes')).toEqual([]);
    for (const payment of await of('/payments')) expect(payment).toMatchObject({ status: 'CANCEL' });
    for (const delivery of await of('/deliveries')) expect(delivery).toMatchObject({ status: 'DELIVERY_CANCEL' });
    for (const point of await of('/points')) expect(point).toMatchObject({ cashpoint: 0 });
    for (const gift of await of('/gifts')) expect(gift).toMatchObject({ giftstock: 0 });
    for (const row of await of('/inquiryMypages'))
      expect(row).toMatchObject({ status: 'CLASS_CANCELED', paymentStatus: 'PAYMENT_CANCELED' });
  }, 30_000);

describe('pay (docs/contracts/lecture.md#saga-s3)', () => {
  test(
    '22. given pay is down, when two students enrol, then both are turned away, and both succeed when it is back',
    async () => {
      const soonHee = { courseId: '1', fee: '10000', student: someone('KimSoonHee'), textBook: 'eng_book' };
      const john = { courseId: '1', fee: '12000', student: someone('JohnDoe'), textBook: 'kor_book' };
      const students = [soonHee.student, john.student];
      await without(['pay'], async () => {
        for (const body of [soonHee, john]) expectTryLater(await call('POST', '/classes', body));
        expect((await newest('/classes')).filter((row) => students.includes(String(row.student)))).toEqual([]);
      });
      await enrolmentWorks();
      await leftNothing(students);
      for (const { student, ...rest } of [soonHee, john]) await enrol({ student, ...rest });
      expect((await newest('/classes')).filter((row) => students.includes(String(row.student)))).toHaveLength(2);
    },
    LONG,
  );

  test(
    'given a sidecar of pay that has just been started anew, when a key changes, then it is in force within seconds',
    async () => {
      await run('restart', 'lecture-pay', '--sidecar');
      await enrolmentWorks();
      await configured({ PAY_DELAY_MS: '300' }, healthyPay, () =>
        eventually(
          async () => expect((await call('POST', '/classes', enrolmentRequest())).ms).toBeGreaterThan(300),
          5_000,
        ),
      );
    },
    LONG,
  );

  test(
    '22. given pay is slower than 1000 ms, when a student enrols, then he is turned away and a late payment is taken back',
    async () => {
      const students: string[] = [];
      const crowd = async (): Promise<string[]> => {
        const some = Array.from({ length: 8 }, () => someone());
        students.push(...some);
        for (const answer of await Promise.all(
          some.map((student) => call('POST', '/classes', enrolmentRequest({ student }))),
        )) {
          expectTryLater(answer);
          expect(answer.ms).toBeLessThan(3_000);
        }
        return some;
      };
      // Late by so little that a payment is made before its cancellation comes; not while the breaker lets nothing through.
      await configured({ PAY_DELAY_MS: '1002' }, healthyPay, () =>
        eventually(async () => {
          const some = await crowd();
          await eventually(async () => {
            const paid = (await newest('/payments')).filter(({ student }) => some.includes(String(student)));
            expect(paid).not.toEqual([]);
          }, 3_000);
        }, 60_000),
      );
      await configured({ PAY_DELAY_MS: '1500' }, healthyPay, crowd);
      await reaches(await enrolmentWorks(), ENROLLED);
      await leftNothing(students);
    },
    LONG,
  );

  test.each(['error', 'hang'])(
    '22. given pay answers every request with %s, when a student enrols, then he is turned away and nothing stays',
    async (failure) => {
      const student = someone();
      await configured({ PAY_FAILURE: failure }, healthyPay, async () => {
        await eventually(async () => expectTryLater(await call('POST', '/classes', enrolmentRequest())));
        expectTryLater(await call('POST', '/classes', enrolmentRequest({ student })));
      });
      await reaches(await enrolmentWorks(), ENROLLED);
      await leftNothing([student]);
    },
    LONG,
  );

  test(
    '22. given pay crashes on every request, when students enrol, then they are turned away, and pay comes back by itself',
    async () => {
      const student = someone();
      const { restarts } = await processOf('lecture-pay');
      await configured({ PAY_FAILURE: 'crash' }, healthyPay, async () => {
        await eventually(async () => expectTryLater(await call('POST', '/classes', enrolmentRequest())));
        expectTryLater(await call('POST', '/classes', enrolmentRequest({ student })));
      });
      await reaches(await enrolmentWorks(), ENROLLED);
      expect((await processOf('lecture-pay')).restarts).toBeGreaterThan(restarts);
      await leftNothing([student]);
    },
    LONG,
  );

  test(
    '22. given an enrolment turned away, when the same request comes again with its Idempotency-Key, then it succeeds once',
    async () => {
      const [body, key] = [enrolmentRequest(), { 'idempotency-key': someone('key') }];
      await configured({ PAY_FAILURE: 'error' }, healthyPay, async () => {
        await eventually(async () => expectTryLater(await call('POST', '/classes', enrolmentRequest())));
        expectTryLater(await call('POST', '/classes', body, key));
      });
      const made = await eventually(async () => {
        const answer = await call('POST', '/classes', body, key);
        expect(answer.status).toBe(201);
        return answer.body;
      });
      await reaches(made.id as number, ENROLLED);
      expect((await newest('/classes')).filter((row) => row.student === body.student)).toHaveLength(1);
    },
    LONG,
  );

  test(
    '25. given pay is too slow, when 50 students keep enrolling, then calls are cut off, later refused at once',
    async () => {
      const student = someone('gil-dong');
      const refusals: Answer[] = [];
      await configured({ PAY_DELAY_MS: '1500' }, healthyPay, async () => {
        const answers = await refusedAtOnce(50, () =>
          call('POST', '/classes', enrolmentRequest({ student, fee: 10000 })),
        );
        refusals.push(...answers.filter(({ status }) => status !== 201));
        expect(refusals.map(({ body }) => body.detail)).toContainEqual(expect.stringMatching(/circuit breaker open/));
        expect((await get('/inquiryMypages?size=1')).status).toBe(200);
      });
      for (const refusal of refusals) {
        expectTryLater(refusal);
        expect(refusal.ms).toBeLessThan(5_000);
      }
      await reaches(await enrolmentWorks(), ENROLLED);
      await eventually(async () => {
        const left = (await newest('/payments')).filter((row) => row.student === student && row.status !== 'CANCEL');
        const listed = (await newest('/classes')).filter((row) => row.student === student).map(({ id }) => id);
        expect(left.map((payment) => payment.classId).sort()).toEqual(listed.sort());
      }, 30_000);
    },
    LONG,
  );
});

describe('gift and point (docs/contracts/lecture.md#saga-s4)', () => {
  test(
    '23. given gift is down, when a student enrols, then all but points and gift is there, and both are caught up once',
    async () => {
      const id = await without(['gift'], async () => {
        const made = await enrol();
        const paid = { payment: ENROLLED.payment, delivery: ENROLLED.delivery, point: undefined };
        const myPage = { status: 'CLASS_START', pointStatus: null, point: null, giftstock: null };
        await eventually(async () => {
          const all = await Promise.all(
            ['payments', 'deliveries', 'points', 'inquiryMypages'].map((path) =>
              get(`/${path}/search/findByClassId?classId=${made.id}`),
            ),
          );
          const [payment, delivery, point, row] = all.map(
            ({ body }) => Object.values(body._embedded as object)[0]?.[0],
          );
          expect({ payment, delivery, point, myPage: row }).toMatchObject({ ...paid, myPage });
        });
        expectTryLater(await get('/gifts'));
        return made.id;
      });
      await reaches(id, ENROLLED, 60_000);
    },
    LONG,
  );

  test(
    '23. given gift is back, when a student enrols and points and gifts are read, then both are there',
    async () => {
      await without(['gift'], async () => undefined);
      await reaches((await enrol()).id, ENROLLED, 60_000);
    },
    LONG,
  );

  test(
    '27. given point is down, when a student enrols, then enrolment, payment and delivery stand, and points and gift follow',
    async () => {
      const id = await without(['point'], async () => {
        const made = await enrol();
        await eventually(async () => {
          expect((await newest('/deliveries')).find((row) => row.classId === made.id)).toMatchObject(ENROLLED.delivery);
        });
        return made.id;
      });
      await reaches(id, ENROLLED, 60_000);
    },
    LONG,
  );
});

describe('course (docs/contracts/lecture.md#saga-s5)', () => {
  test(
    '24. given course is down, when two students enrol, then both succeed without a delivery, which follows when it is back',
    async () => {
      const ids = await without(['course'], async () => {
        const soonHee = await enrol({ courseId: '1', fee: '10000', student: 'KimSoonHee', textBook: 'eng_book' });
        const john = await enrol({ courseId: '1', fee: '12000', student: 'JohnDoe', textBook: 'kor_book' });
        for (const { id, fee } of [soonHee, john]) {
          expect(await get(`/classes/${id}`)).toMatchObject({ status: 200, body: { fee } });
          await eventually(async () => {
            const row = (await newest('/inquiryMypages')).find(({ classId }) => classId === id);
            expect(row).toMatchObject({ status: 'CLASS_START', pointStatus: 'Point Added', deliveryStatus: null });
          });
        }
        expectTryLater(await get('/courses'));
        expectTryLater(await get('/deliveries'));
        return [soonHee.id, john.id];
      });
      for (const id of ids)
        await reaches(id, { delivery: ENROLLED.delivery, myPage: { deliveryStatus: 'DELIVERY_START' } }, 60_000);
    },
    LONG,
  );

  test(
    '24. given course is down, when it is asked for with a trace, then the log of the gateway names both',
    async () => {
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
      await without(['course'], async () => {
        const answer = await get('/courses', { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
        expectTryLater(answer);
        expect(answer.body.correlationId).toBe(traceId);
      });
      await eventually(async () => {
        const lines = (await logLines('lecture-gateway')).filter((line) => line.traceId === traceId);
        expect(lines).toContainEqual(expect.objectContaining({ callee: 'lecture-course' }));
      });
    },
    LONG,
  );
});

describe('cancelling while a service is down (docs/contracts/lecture.md#saga-s6)', () => {
  test.each(['course', 'point', 'gift', 'pay'])(
    '18. given %s is down, when an enrolment is cancelled, then all ends cancelled when it is back',
    async (service) => {
      const { id } = await enrol();
      await reaches(id, ENROLLED);
      await without([service], async () => {
        expect((await cancel(id)).status).toBe(204);
        const row = await eventually(async () => {
          const found = (await newest('/inquiryMypages')).find(({ classId }) => classId === id);
          expect(found).toMatchObject({ status: 'CLASS_CANCELED' });
          return found;
        });
        expect(row).toMatchObject({ paymentStatus: 'PAYMENT_CANCELED', deliveryStatus: 'DELIVERY_CANCELED' });
      });
      await reaches(id, CANCELED, 60_000);
    },
    LONG,
  );

  test.each(['course', 'point', 'gift'])(
    '18. given %s is down, when a student enrols and cancels, then neither delivery, points nor gift stay when it is back',
    async (service) => {
      const id = await without([service], async () => {
        const made = await enrol();
        expect((await cancel(made.id)).status).toBe(204);
        return made.id;
      });
      await reaches(id, { ...CANCELED, myPage: { ...CANCELED.myPage, pointStatus: expect.anything() } }, 60_000);
    },
    LONG,
  );
});

test(
  '26. given all other services are down, when my page is read, then it shows everything',
  async () => {
    const { id } = await enrol();
    await reaches(id, ENROLLED);
    await without(['course', 'pay', 'point', 'gift'], async () => {
      const row = (await newest('/inquiryMypages')).find(({ classId }) => classId === id);
      expect(row).toMatchObject(ENROLLED.myPage);
      expect(await get(`/classes/${id}`)).toMatchObject({ status: 200 });
    });
    await reaches(id, ENROLLED);
    await enrolmentWorks();
  },
  LONG,
);

test(
  '28. given class is down, when anything is asked of it, then 503 with advice, and the rest of the system answers',
  async () => {
    await without(['class'], async () => {
      for (const answer of [
        await get('/classes'),
        await get('/inquiryMypages'),
        await call('POST', '/classes', enrolmentRequest()),
      ])
        expectTryLater(answer);
      expect((await get('/payments')).status).toBe(200);
      expect((await get('/courses')).status).toBe(200);
    });
    await enrolmentWorks();
  },
  LONG,
);

test(
  '35. given alert is stopped while students enrol and cancel, when it starts, then each missed change has one notice',
  async () => {
    const before = await enrol();
    await reaches(before.id, ENROLLED);
    const during = await without(['alert'], async () => {
      const made = await enrol();
      await reaches(made.id, ENROLLED);
      expect((await cancel(before.id)).status).toBe(204);
      await reaches(before.id, CANCELED);
      return made;
    });
    await eventually(async () => {
      const of = async (id: number): Promise<unknown[]> =>
        (await notices()).filter(({ data }) => (data.classId ?? data.id) === id).map(({ data }) => data.eventType);
      const enrolled = ['ClassRegistered', 'PaymentApproved', 'TextbookDeliveried'];
      expect((await of(during.id)).filter((type) => enrolled.includes(String(type))).sort()).toEqual(enrolled);
      const canceled = ['ClassCanceled', 'PaymentCanceled', 'TextbookDeliveried'];
      const all = (await of(before.id)).filter((type) => [...enrolled, ...canceled].includes(String(type)));
      expect(all.sort()).toEqual([...enrolled, ...canceled].sort());
    }, 60_000);
  },
  LONG,
);

test(
  '32. given one alert process, when KAFKA_URL and LOG_FILE of the ConfigMap change, then it works with the new values',
  async () => {
    const { pid, restarts } = await processOf('lecture-alert');
    const other = { KAFKA_URL: 'kafka-1621824578.kafka.svc.cluster.local:9092', LOG_FILE: 'other.log' };
    const inForce = async (values: Partial<typeof other>): Promise<void> => {
      const lines = (await logLines('lecture-alert')).filter(({ message }) => message === 'Configuration in force');
      expect(lines.at(-1)).toMatchObject({
        kafkaUrl: values.KAFKA_URL,
        logFile: expect.stringMatching(new RegExp(`/${values.LOG_FILE}$`)),
      });
    };
    const first = Object.fromEntries(
      (await run('config', 'lecture')).split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    const usual = { KAFKA_URL: first.KAFKA_URL ?? '', LOG_FILE: first.LOG_FILE ?? '' };
    await inForce(usual);
    await configured(other, usual, async () => {
      await eventually(() => inForce(other), 40_000);
      const { id } = await enrol();
      await eventually(async () => {
        const published = (await notices('other.log')).map(({ data }) => data);
        expect(published).toContainEqual(expect.objectContaining({ eventType: 'ClassRegistered', id }));
      });
    });
    await eventually(() => inForce(usual), 40_000);
    expect(await processOf('lecture-alert')).toMatchObject({ pid, restarts });
  },
  LONG,
);
