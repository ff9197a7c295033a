import type { Locator, Page } from 'playwright-core';
import { client } from '../harness/client.ts';
import { inBrowser } from './browser.ts';

/** The pages of the five systems on the running system: the main way of each, in both languages, without a reload. */

const WITHIN = 30_000;

/** Nothing was loaded anew, and nothing is wider than a telephone. */
const openPage = inBrowser(async (page) => {
  expect(await page.evaluate('globalThis.opened')).toBe(1);
  await page.setViewportSize({ width: 400, height: 800 });
  for (const link of await page.locator('nav a').all()) {
    await link.click();
    await page.locator('h1').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  }
});

type System = Parameters<typeof client>[0];
let page: Page;

/** Opens the page of a system. @param refused statuses of answers that the test expects */
async function show(system: System, language: string, refused: readonly number[] = []): Promise<void> {
  page = await openPage({ locale: language, viewport: { width: 1400, height: 900 } }, refused);
  page.setDefaultTimeout(WITHIN);
  await page.goto(`${client(system).GW}/app/`);
  await page.evaluate('globalThis.opened = 1');
}

/** Chooses a section, and waits until it is shown: a row of the one before may look like one of it. */
const goTo = async (section: string): Promise<void> => {
  const link = page.locator(`nav a[href="#/${section}"]`);
  await link.click();
  await link.and(page.locator('[aria-current="page"]')).waitFor();
};
const field = (name: string): Locator => page.locator(`[name="${name}"]`);
const submit = (): Promise<void> => page.locator('form button[type=submit]').click();
const done = (): Promise<void> => page.locator('.success').first().waitFor();
const row = (...words: string[]): Locator =>
  words.reduce((found, word) => found.filter({ hasText: word }), page.locator('tbody tr'));
const fill = async (values: Record<string, string>): Promise<void> => {
  for (const [name, value] of Object.entries(values)) await field(name).fill(value);
};
const unique = (): string => String(Date.now()).slice(-9);

const LANGUAGES = [
  ['ko-KR', { wrong: '정수여야 합니다', enrol: '수강 신청', away: '지금은 서비스에 연결할 수 없습니다' }],
  ['en-GB', { wrong: 'must be a whole number', enrol: 'Enrol', away: 'The service cannot be reached' }],
] as const;

describe.each(LANGUAGES)('in %s', (language, words) => {
  test('given a course, when a student enrols and cancels, then my page follows: payment, textbook, points, gifts', async () => {
    const [course, student] = [`korean-${unique()}`, `student-${unique()}`];
    await show('lecture', language, [400]);
    expect(await page.evaluate('document.documentElement.lang')).toBe(language.slice(0, 2));

    await goTo('teaching');
    await fill({ name: course, teacher: 'hong-gil-dong', fee: 'abc', textBook: 'kor_book' });
    await submit();
    const description = await field('fee').getAttribute('aria-describedby');
    await page.locator(`[id="${description}"]`, { hasText: words.wrong }).waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('fee');
    await fill({ fee: '10000' });
    await submit();
    await done();

    await goTo('');
    await row(course, '₩10,000').getByRole('button', { name: words.enrol }).click();
    await fill({ student });
    await submit();
    await done();
    await goTo('my');
    const card = page.locator('section.card').filter({ hasText: course });
    for (const state of ['CLASS_START', 'PAYMENT_COMPLETED', 'DELIVERY_START', 'Point Added'])
      await card.getByText(state).waitFor();
    expect(await card.locator('dd').last().textContent()).toBe('1');

    await card.getByRole('button').click();
    for (const state of ['CLASS_CANCELED', 'PAYMENT_CANCELED', 'DELIVERY_CANCELED', 'Point Canceled'])
      await card.getByText(state).waitFor();
  });

  test('given a customer, when a mission is achieved and the reward swapped, then wallet and my page follow', async () => {
    const customerId = String(Number(unique()));
    // Gifts let one reader in at a time (docs/contracts/reward.md): the page comes again.
    await show('reward', language, [503]);
    await fill({ customerId });
    await submit();
    await done();
    await row('Achieved', 'Issued').waitFor();

    await goTo('wallet');
    await row('Issued').getByRole('button').click();
    await row('Exchanged').waitFor();
    await goTo('my');
    await row('Achieved', 'Exchanged').waitFor();
    await goTo('notifications');
    await row('GIFT EXCHANGED!').first().waitFor();
  });

  test('given a lecture, when a student registers and cancels, then the headcount follows, and my registrations', async () => {
    const [lectureName, studentId] = [`history-${unique()}`, String(Number(unique()))];
    await show('academy', language);
    await goTo('instructor');
    await fill({ lectureName });
    await submit();
    await row(lectureName).waitFor();

    await goTo('');
    await row(lectureName, '0').getByRole('button').click();
    await fill({ studentId });
    await submit();
    await done();
    const students = row(lectureName).locator('td.number');
    await students.getByText('1', { exact: true }).waitFor();
    await goTo('my');
    await row(lectureName, '결제 완료').getByRole('button').click();
    await row(lectureName).waitFor({ state: 'detached' });
    await goTo('');
    await students.getByText('0', { exact: true }).waitFor();

    await goTo('instructor');
    await row(lectureName, '취소 완료').getByRole('button').last().click();
    await row(lectureName).waitFor({ state: 'detached' });
  });

  test('given a customer, when they calculate, plan, read, apply and withdraw, then my insurance follows', async () => {
    const custNo = unique();
    await show('insurance', language, [422]);
    await page.locator('.who input').fill(custNo);
    await row('P00000001').getByRole('button').click();
    await fill({ custNm: '양건우', aclBirdt: '19940101', entAmt: '1' });
    await submit();
    await page.locator('.failure', { hasText: '가입금액 미달' }).waitFor();
    await fill({ entAmt: '50000' });
    await submit();
    await page.locator('.success', { hasText: '₩30,000' }).waitFor();
    await page.locator('.card > .buttons button').click();
    await page.locator('.success button').click();

    const card = page.locator('section.card').filter({ hasText: '치아' });
    await card.getByText('가입설계', { exact: true }).waitFor();
    const [describing, applying] = [card.getByRole('button').first(), card.getByRole('button').last()];
    await applying.click();
    await describing.click();
    await card.getByText('상품설명서생성완료').waitFor();
    await fill({ actNo: '1234567' });
    await submit();
    await card.getByText('초회납입').waitFor();
    await card.getByRole('button').click();
    await card.getByText('청약철회', { exact: true }).last().waitFor();
    await card.getByText('결재취소').waitFor();
    await goTo('messages');
    await row('PrductDesdCreated').first().waitFor();
  });

  test('given nine pieces, when twelve are ordered, three, and these cancelled, then stock and orders follow', async () => {
    const name = `computer-${unique()}`;
    await show('rental', language);
    await goTo('shop');
    await fill({ name, qty: '9' });
    await submit();
    await done();
    const stock = row(name).locator('td.number');
    const order = async (qty: string): Promise<void> => {
      await goTo('');
      await row(name).getByRole('button').click();
      await fill({ qty });
      await submit();
      await done();
    };
    await order('12');
    await goTo('my');
    await row(name, '12').filter({ hasText: 'CANCELED_OutOfStock' }).waitFor();
    await order('3');
    await stock.getByText('6', { exact: true }).waitFor();
    await goTo('my');
    const mine = row(name).filter({ hasNotText: 'OutOfStock' });
    await mine.filter({ hasText: 'DELIVERED' }).getByRole('button').click();
    await mine.filter({ hasText: 'CANCELED' }).waitFor();
    await goTo('');
    await stock.getByText('9', { exact: true }).waitFor();
  });
});

test('given pay is stopped, when a student enrols, then the page waits with a countdown, and enrols once when it is back', async () => {
  const [course, student] = [`korean-${unique()}`, `student-${unique()}`];
  const { GW, call, without } = client('lecture');
  const { body } = await call('POST', '/courses', {
    name: course,
    teacher: 'hong',
    fee: '10000',
    textBook: 'kor_book',
  });
  await show('lecture', 'en-GB', [503]);
  const keys = new Set<string | undefined>();
  page.on('request', (request) => {
    if (request.method() === 'POST') keys.add(request.headers()['idempotency-key']);
  });
  await row(course).getByRole('button').click();
  await fill({ student });
  await without(['pay'], async () => {
    await submit();
    await page.locator('.countdown').waitFor();
    expect(await page.locator('.warning').textContent()).toMatch(/^The service cannot be reached/);
  });
  await done();
  await goTo('my');
  await page.getByText('PAYMENT_COMPLETED').waitFor();
  expect(keys.size).toBe(1);
  const classes = await fetch(`${GW}/classes?sort=id,desc&size=100`).then((answer) => answer.json());
  const mine = (classes as { _embedded: { classes: { courseId: number }[] } })._embedded.classes;
  expect(mine.filter(({ courseId }) => courseId === body.id)).toHaveLength(1);
}, 180_000);
