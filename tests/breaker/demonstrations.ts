/** What the contracts show of their circuit breakers, as load tests: who asks for what, and how the callee behaves meanwhile. */

export type Row = Record<string, unknown>;

/** How the load asks the gateway of the system. */
export type Ask = (method: string, path: string, body?: object) => Promise<{ status: number; body: Row; ms: number }>;

export interface Demonstration {
  /** What is shown, in a sentence. */
  readonly about: string;
  /** What the contract says the source measured; "none" where it shows no figure. */
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
  prepare?(ask: Ask): Promise<void>;
  /** One request of a user; `name` is one nobody else has; phases count from 0. */
  request(ask: Ask, name: string, phase: number): ReturnType<Ask>;
  /** Names of refused requests that left something behind (found in what the services show); none, if all is well. */
  leftBehind(refused: ReadonlySet<string>, collection: (path: string) => Promise<Row[]>): Promise<string[]>;
  /** Percent of accepted requests below which the demonstration has failed, all phases together. */
  readonly availability?: number;
}

/** The names among these that have a row in a collection which is not taken back. */
const shownIn =
  (path: string, nameOf: (row: Row) => unknown, isTakenBack: (row: Row) => boolean = () => false) =>
  async (refused: ReadonlySet<string>, collection: (path: string) => Promise<Row[]>): Promise<string[]> =>
    (await collection(path))
      .filter((row) => !isTakenBack(row))
      .map((row) => String(nameOf(row)))
      .filter((name) => refused.has(name));

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
        configuration: { REGISTRATION_DELAY_MS: '0', REGISTRATION_DELAY_MAXIMUM_MS: '0' },
      },
      {
        name: 'product takes 800-1020 ms',
        seconds: 20,
        configuration: { REGISTRATION_DELAY_MS: '800', REGISTRATION_DELAY_MAXIMUM_MS: '1020' },
      },
      {
        name: 'product is well again',
        seconds: 15,
        configuration: { REGISTRATION_DELAY_MS: '0', REGISTRATION_DELAY_MAXIMUM_MS: '0' },
      },
    ],
    breaker: { of: 'rental-gateway', towards: 'rental-product' },
    request: (ask, name) => ask('POST', '/products', { name, qty: 9 }),
    leftBehind: shownIn('products', ({ name }) => name),
  },
};
