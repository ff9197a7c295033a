import { ClientSession, Log } from '../client-session.ts';
import { Findings } from '../findings.ts';
import type { Document } from '../snapshot.ts';
import { insurance } from './insurance.ts';

const KEY = 'insurance-product/Product-6';
const PRODUCT = { prdcd: 'P00000077', prdnm: '(무)재해사망보장', minEntAmt: 10_000, maxEntAmt: 100_000, prm: 80_000 };
const stored = (id: number, state: object): Document => ({ id, version: 1, state: { id, ...state } });

const NOT_NOW = { status: 503, text: '{}' };
const REGISTERED = { status: 201, text: JSON.stringify({ _links: { self: { href: '/products/6' } } }) };

/** Registrations are answered so, one after the other, and all else is refused. */
const wayWith = (answers: (typeof NOT_NOW)[]) => ({
  ask: async ({ path }: { path: string }) => (path === '/products' && answers.shift()) || NOT_NOW,
  now: () => 0,
  sleep: async () => undefined,
});

/** What is said of products where one was answered with number 6, and nothing else is promised. */
async function saidOf(documents: [key: string, document: Document][]): Promise<string[]> {
  const way = wayWith([REGISTERED]);
  const subject = insurance();
  await subject.client(new ClientSession(way, new Log(), 1, 1)).next();
  const findings = new Findings({ documents: new Map(documents), published: [] });
  await subject.judge(findings, { collection: async () => [], notices: async () => [] });
  return findings.violations.map(({ about, what }) => `${about}: ${what}`);
}

test('given a product that stands as it was registered, when it is judged, then nothing is wrong', async () => {
  expect(await saidOf([[KEY, stored(6, PRODUCT)]])).toEqual([]);
});

test('given a product that is lost, when it is judged, then it is missed', async () => {
  expect(await saidOf([])).toContain('P00000077: the number of products is 0 instead of 1');
});

test('given a product that stands twice, when it is judged, then the second one is seen', async () => {
  const both: [string, Document][] = [
    [KEY, stored(6, PRODUCT)],
    ['insurance-product/Product-7', stored(7, PRODUCT)],
  ];
  expect(await saidOf(both)).toEqual(['P00000077: the number of products is 2 instead of 1']);
});

test('given a product that another one stands for, when it is judged, then its field is named', async () => {
  expect(await saidOf([[KEY, stored(6, { ...PRODUCT, prm: 90_000 })]])).toEqual([
    `${KEY}: the product's prm is 90000 instead of 80000`,
  ]);
});

test('given clients who are told "not now", when they go on, then they come again until the product is registered', async () => {
  const answers = [NOT_NOW, NOT_NOW, REGISTERED, REGISTERED];
  const [way, log, { client }] = [wayWith(answers), new Log(), insurance()];
  const [one, other] = [1, 2].map((number) => client(new ClientSession(way, log, number, 1)));
  for (let times = 0; times < 3; times++) await Promise.all([one!.next(), other!.next()]);
  expect(answers).toEqual([REGISTERED]);
  expect(log.oddities).toEqual([]);
});
