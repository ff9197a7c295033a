/** The breakers of the contracts as load tests: who asks for what, and how the callee behaves meanwhile. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../harness/collection.ts';

/** The rows of a whole collection. */
export type Read = (path: string) => Promise<Row[]>;

/** How the load asks the gateway of the system. */
export type Ask = (method: string, path: string, body?: object) => Promise<{ status: number; body: Row; ms: number }>;

export interface Demonstration {
  /** What is shown, in a sentence. */
  readonly about: string;
  /** What the original measured (docs/contracts, "Operations figures"); "none" where it shows no figure. */
  readonly source: string;
  readonly users: number;
  /** One after the other: how long, with what configuration, and how many of the users are there. */
  readonly phases: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly configuration: Row;
    readonly users?: number;
  }[];
  /** The app id whose sidecar has the breaker, and the one it spares. */
  readonly breaker: { readonly of: string; readonly towards: string };
  /** What has to be there before. */
  prepare?(ask: Ask, collection: Read): Promise<void>;
  /** One request of a user; `name` is one nobody else has; phases count from 0. */
  request(ask: Ask, name: string, phase: number): ReturnType<Ask>;
  /** Names of refused requests that left something behind (found in what the services show); none, if all is well. */
  leftBehind(refused: ReadonlySet<string>, collection: Read): Promise<string[]>;
  /** Percent of accepted requests below which the demonstration has failed, all phases together. */
  readonly availability?: number;
}

/** The names among these that have a row in a collection which is not taken back. */
const shownIn =
  (path: string, nameOf: (row: Row) => unknown, isTakenBack: (row: Row) => boolean = () => false) =>
  async (refused: ReadonlySet<string>, collection: Read): Promise<string[]> =>
    (await collection(path))
      .filter((row) => !isTakenBack(row))
      .map((row) => String(nameOf(row)))
      .filter((name) => refused.has(name));

/** Numbers of the wallet entries that are still to be exchanged, and of those whose exchange was refused. */
const wallets: number[] = [];
const exchanges = new Map<string, number>();
let prpsNo = '';

/** Configuration of the callees: how slow they are, in milliseconds, and how many they take at once. */
const registering = (from: number, to: number): Row => ({
  REGISTRATION_DELAY_MS: from,
  REGISTRATION_DELAY_MAXIMUM_MS: to,
});
const giving = (ms: number): Row => ({ GIFT_DELAY_MS: ms, GIFT_DELAY_MAXIMUM_MS: ms });
const paying = (atOnce: number): Row => ({
  PAYMENT_DELAY_MS: 400,
  PAYMENT_DELAY_SPREAD_MS: 220,
  PAYMENTS_AT_ONCE: atOnce,
});
const checking: Row = { PAYMENT_DELAY_MS: 1300 };

export const demonstrations: Readonly<Record<string, Demonstration>> = {
  lecture: {
    about: 'Students keep enrolling while pay becomes slower than the 1000 ms that class waits, and recovers.',
    source: '29.04 % available (50 users, 30 s; variant of the source), to the end without recovery',
    users: 50,
    phases: [
      { name: 'pay is well', seconds: 10, configuration: { PAY_DELAY_MS: '0' } },
      { name: 'pay takes 1500 ms', seconds: 10, configuration: { PAY_DELAY_MS: '1500' } },
      { name: 'pay is well again', seconds: 10, configuration: { PAY_DELAY_MS: '0' } },
    ],
    breaker: { of: 'lecture-class', towards: 'lecture-pay' },
    request: (ask, student) => ask('POST', '/classes', { courseId: 1, fee: 10000, student, textBook: 'eng_book' }),
    async leftBehind(refused, collection) {
      const enrolments = shownIn('classes', ({ student }) => student);
      const payments = shownIn(
        'payments',
        ({ student }) => student,
        ({ status }) => status === 'CANCEL',
      );
      return [...(await enrolments(refused, collection)), ...(await payments(refused, collection))];
    },
  },
  rental: {
    about:
      'The product team keeps registering while product takes 800 to 1020 ms and the gateway waits 610 ms, and recovers.',
    source: 'none (30 users, 120 s; the breaker is seen opening and closing)',
    users: 30,
    phases: [
      {
        name: 'product is well',
        seconds: 10,
        configuration: registering(0, 0),
      },
      {
        name: 'product takes 800-1020 ms',
        seconds: 20,
        configuration: registering(800, 1020),
      },
      {
        name: 'product is well again',
        seconds: 15,
        configuration: registering(0, 0),
      },
    ],
    breaker: { of: 'rental-gateway', towards: 'rental-product' },
    request: (ask, name) => ask('POST', '/products', { name, qty: 9 }),
    leftBehind: shownIn('products', ({ name }) => name),
  },
  reward: {
    about: 'Gift takes one at a time: readers of the gifts, then customers who all want to exchange at once.',
    source: '100 % with one user, less with two (3 s each; its figures are an image)',
    users: 10,
    phases: [
      {
        name: 'one reads gifts',
        seconds: 3,
        users: 1,
        configuration: giving(0),
      },
      {
        name: 'two read gifts',
        seconds: 3,
        users: 2,
        configuration: giving(0),
      },
      {
        name: 'ten exchange, gift takes 100 ms',
        seconds: 10,
        configuration: giving(100),
      },
      {
        name: 'one reads gifts again',
        seconds: 8,
        users: 1,
        configuration: giving(0),
      },
    ],
    breaker: { of: 'reward-wallet', towards: 'reward-gift' },
    async prepare(ask, collection) {
      for (let customerId = 1; customerId <= 300; customerId++)
        await ask('POST', '/missions', { customerId, status: 'Achieved' });
      while (wallets.length < 300) {
        await sleep(200);
        wallets.splice(0, wallets.length, ...(await collection('wallets')).map(({ id }) => Number(id)));
      }
    },
    request(ask, name, phase) {
      if (phase !== 2) return ask('GET', '/gifts');
      const wallet = wallets.pop();
      if (wallet === undefined) return ask('GET', '/wallets');
      exchanges.set(name, wallet);
      return ask('PATCH', `/wallets/${wallet}`, { status: 'Exchanged' }).then((answer) => {
        // Who was refused tries again, later.
        if (answer.status === 503) wallets.unshift(wallet);
        return answer;
      });
    },
    async leftBehind(refused, collection) {
      // An entry that was refused and exchanged at a later try is none of it.
      const waiting = new Set(wallets);
      const given = new Set((await collection('gifts')).map(({ walletId }) => walletId));
      return [...refused].filter((name) => {
        const wallet = exchanges.get(name);
        return wallet !== undefined && waiting.has(wallet) && given.has(wallet);
      });
    },
  },
  academy: {
    about: 'A hundred students register for one lecture; payment takes 400 to 620 ms, registration waits 610 ms.',
    source: '66.62 % (100 users, 120 s; the breaker opens and closes)',
    users: 100,
    phases: [
      {
        name: 'all pay at once',
        seconds: 40,
        configuration: paying(1000),
      },
      {
        name: 'at most 50 pay at once, the others wait for their turn',
        seconds: 80,
        configuration: paying(50),
      },
    ],
    breaker: { of: 'academy-registration', towards: 'academy-payment' },
    availability: 66.62,
    request: (ask, name) =>
      ask('POST', '/courseRegistrationSystems', { lectureId: 1, studentId: Number(/\d+$/.exec(name)?.[0] ?? 0) }),
    async leftBehind(refused, collection) {
      const registrations = await collection('courseRegistrationSystems');
      const numbers = new Set(registrations.map(({ id }) => id));
      const made = registrations.map(({ studentId }) => `demo-${process.pid}-${studentId}`);
      const payments = (await collection('paymentSystems')).filter(({ courseId }) => !numbers.has(courseId));
      return [...made.filter((name) => refused.has(name)), ...payments.map(({ courseId }) => `payment of ${courseId}`)];
    },
  },
  insurance: {
    about:
      'Customers look at their contract while checking the payment takes 1.3 s, and more come than payment takes at once.',
    source: '100 % with 1 user, 84.28 % with 10 users (60 s each)',
    users: 60,
    phases: [
      { name: '1 customer', seconds: 10, users: 1, configuration: checking },
      { name: '10 customers', seconds: 30, users: 10, configuration: checking },
      { name: '60 customers', seconds: 20, users: 60, configuration: checking },
      { name: '1 customer again', seconds: 25, users: 1, configuration: checking },
    ],
    breaker: { of: 'insurance-proposal', towards: 'insurance-payment' },
    async prepare(ask) {
      const request = {
        ppsdsnNo: '20210708033005',
        prdcd: 'P00000005',
        custNo: '000000002',
        custNm: 'demo',
        payAmt: 80000,
      };
      prpsNo = String((await ask('POST', '/proposals', request)).body.prpsNo);
    },
    request: (ask) => ask('POST', '/proposals/online', { svcId: 'NBA001SVC', svcFn: 'getCntr', prpsNo }),
    leftBehind: async () => [],
  },
};
