import { type Answer, client, type Fields, rows, someone } from '../harness/client.ts';
import { eventually } from '../harness/system.ts';

/** The lecture system as its clients see it: requests to the gateway, and what became of one enrolment. */

export const { GW, call, get, insist, newest, without, configured } = client('lecture');

/** The number of an enrolment that there is not, however many there are: who gives a gift for it gives nobody a second one. */
export const NOBODYS = 100_000_100;

export interface Enrolment extends Fields {
  readonly id: number;
  readonly courseId: number;
  readonly fee: number;
  readonly student: string;
  readonly textBook: string;
}

/** The request of docs/contracts/lecture.md#scenario-5, with numbers as texts. */
export const enrolmentRequest = (fields: Fields = {}): Fields => ({
  courseId: '1',
  fee: '10000',
  student: someone(),
  textBook: 'kor_book',
  ...fields,
});

export async function enrol(fields: Fields = {}, headers?: Record<string, string>): Promise<Enrolment> {
  return enrolled(await call('POST', '/classes', enrolmentRequest(fields), headers));
}

/** Enrols as one of many: pay has one second for each (docs/contracts/lecture.md#scenario-25), so one is told to come again, and does. */
export const enrolInTheCrowd = async (fields: Fields = {}): Promise<Enrolment> =>
  enrolled(await insist('POST', '/classes', enrolmentRequest(fields)));

function enrolled(answer: Answer): Enrolment {
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 201 });
  return answer.body as Enrolment;
}

export const cancel = (id: number, headers?: Record<string, string>): Promise<Answer> =>
  call('DELETE', `/classes/${id}`, undefined, headers);

/** Every record of one enrolment, undefined where there is none. A second record of a kind is a failure in itself. */
export async function recordsOf(classId: number): Promise<Record<string, Fields | undefined>> {
  const one = async (path: string): Promise<Fields | undefined> => {
    const answer = await get(`/${path}/search/findByClassId?classId=${classId}`);
    expect({ path, status: answer.status }).toEqual({ path, status: 200 });
    const found = rows(answer);
    expect({ path, found: found.length }).toEqual({ path, found: Math.min(found.length, 1) });
    return found[0];
  };
  const enrolment = await get(`/classes/${classId}`);
  expect([200, 404]).toContain(enrolment.status);
  const [payment, delivery, point, gift, myPage] = await Promise.all(
    ['payments', 'deliveries', 'points', 'gifts', 'inquiryMypages'].map(one),
  );
  return { enrolment: enrolment.status === 200 ? enrolment.body : undefined, payment, delivery, point, gift, myPage };
}

/** Waits until the records of an enrolment are as expected. */
export const reaches = (
  classId: number,
  expected: Fields,
  limitMs?: number,
): Promise<Record<string, Fields | undefined>> =>
  eventually(async () => {
    const records = await recordsOf(classId);
    expect(records).toMatchObject(expected);
    return records;
  }, limitMs);

/** End state of docs/contracts/lecture.md#saga-s1 */
export const ENROLLED = {
  enrolment: {},
  payment: { status: 'PAYMENT_COMPLETED' },
  delivery: { status: 'DELIVERY_START' },
  point: { cashpoint: 100 },
  gift: { giftstock: 1 },
  myPage: {
    status: 'CLASS_START',
    paymentStatus: 'PAYMENT_COMPLETED',
    deliveryStatus: 'DELIVERY_START',
    pointStatus: 'Point Added',
    point: 100,
    giftstock: 1,
  },
};

/** What follows when the payment is cancelled, whoever cancelled it. */
const TAKEN_BACK = {
  payment: { status: 'CANCEL' },
  delivery: { status: 'DELIVERY_CANCEL' },
  point: { cashpoint: 0 },
  gift: { giftstock: 0 },
};
const MY_PAGE_TAKEN_BACK = {
  paymentStatus: 'PAYMENT_CANCELED',
  deliveryStatus: 'DELIVERY_CANCELED',
  pointStatus: 'Point Canceled',
  point: 0,
  giftstock: 0,
};

/** End state of docs/contracts/lecture.md#saga-s2 */
export const CANCELED = {
  enrolment: undefined,
  ...TAKEN_BACK,
  myPage: { status: 'CLASS_CANCELED', ...MY_PAGE_TAKEN_BACK },
};

/** End state of scenario 21: the payment alone was cancelled. */
export const PAYMENT_CANCELED = {
  enrolment: {},
  ...TAKEN_BACK,
  myPage: { status: 'CLASS_START', ...MY_PAGE_TAKEN_BACK },
};
