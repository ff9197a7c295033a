import { ClientSession, Log } from '../client-session.ts';
import { Findings } from '../findings.ts';
import type { Document } from '../snapshot.ts';
import { insurance } from './insurance.ts';

const KEY = 'insurance-product/Product-6';
const PRODUCT = { prdcd: 'P00000077', prdnm: '(무)재해사망보장', minEntAmt: 10_000, maxEntAmt: 100_000, prm: 80_000 };
const stored = (id: number, state: object): Document => ({ id, version: 1, state: { id, ...state } });

/** What is said of products where one was answered with number 6, and nothing else is promised. */
async function saidOf(documents: [key: string, document: Document][]): Promise<string[]> {
  const way = {
    ask: async ({ path }: { path: string }) =>
      path === '/products'
        ? { status: 201, text: JSON.stringify({ _links: { self: { href: '/products/6' } } }) }
        : { status: 503, text: '{}' },
    now: () => 0,
    sleep: async () => undefined,
  };
  const subject = insurance();
  await subject.client(new ClientSession(way, new Log(), 1, 1))();
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
