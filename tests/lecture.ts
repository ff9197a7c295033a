import { randomUUID } from 'node:crypto';
import { eventually, GW } from './system.ts';

/** The lecture system as its clients see it: requests to the gateway, and what became of one enrolment. */

export type Fields = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Fields;
  readonly ms: number;
}

/** A request to the gateway. A text body goes as it is, anything else as JSON. */
export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const began = Date.now();
  const response = await fetch(GW + path, {
    method,
    signal: AbortSignal.timeout(20_000),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const ms = Date.now() - began;
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text }, ms };
}

export const get = (path: string, headers?: Record<string, string>): Promise<Answer> =>
  call('GET', path, undefined, headers);

/** The rows of a collection's answer. */
export function rows<T = Fields>({ body }: Answer): T[] {
  return Object.values(body._embedded as Record<string, T[]>)[0] ?? [];
}

/** The newest rows of a collection: 100 or more, as far as there are so many. A page may have holes or be empty. */
export async function newest<T = Fields>(path: string): Promise<T[]> {
  const found: T[] = [];
  let next: string | undefined = `${path}?sort=id,desc&size=100`;
  while (next && found.length < 100) {
    const answer: Answer = await get(next);
    found.push(...rows<T>(answer));
    next = (answer.body._links as { next?: { href: string } }).next?.href.replace(GW, '');
  }
  return found;
}

/** A name nobody else has, so that a test finds its own records. */
export const someone = (name = 'john-doe'): string => `${name}-${randomUUID().slice(0, 8)}`;

export interface Enrolment extends Fields {
  readonly id: number;
  readonly courseId: number;
  readonly fee: number;
  readonly student: string;
  readonly textBook: string;
}

/** The wish of scenario 5, numbers as strings as the source's client sends them. */
export const wish = (fields: Fields = {}): Fields => ({
  courseId: '1',
  fee: '10000',
  student: someone(),
  textBook: 'kor_book',
  ...fields,
});

export async function enrol(fields: Fields = {}, headers?: Record<string, string>): Promise<Enrolment> {
  const answer = await call('POST', '/classes', wish(fields), headers);
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

/** End state of S1. */
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

/** End state of S2. */
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

/** A clear refusal: RFC 9457, no stack trace; `field` is the one at fault. */
export function expectProblem(answer: Answer, status: number | readonly number[], field?: string): void {
  const { body, headers } = answer;
  expect({ status: [status].flat().includes(answer.status) ? status : answer.status, body }).toMatchObject({ status });
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({ status: answer.status, title: expect.any(String), detail: expect.any(String) });
  expect(JSON.stringify(body)).not.toMatch(/\bat .+:\d+:\d+/);
  if (field) {
    expect(body.detail).toContain(field);
    expect(body.errors).toContainEqual(expect.objectContaining({ field }));
  }
}

/** Turned away for a moment, with the advice to come again. */
export function expectTryLater(answer: Answer): void {
  expectProblem(answer, 503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.body.detail).toMatch(/try again/);
}
