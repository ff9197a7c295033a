import type { Page } from 'playwright-core';
import { inBrowser } from './browser.ts';
import { enrolment, Pretended } from './pretended.ts';

/** The console as the chart starts it: a list of services, and no runner. */

const system = new Pretended();
const TRACE = 'c'.repeat(32);
const show = inBrowser();
let page: Page;

beforeAll(() => system.open('cluster'), 120_000);
beforeEach(async () => {
  page = await show({ viewport: { width: 1400, height: 900 } });
});
afterAll(() => system.close());

const screens = async (): Promise<string[]> =>
  (await page.getByRole('navigation').getByRole('link').allTextContents()).map((words) => words.replace(/\d.*/, ''));

test('given a list of services, when its page is opened, then it shows each, and has nothing that could change one', async () => {
  await page.goto(system.address);
  for (const service of ['gateway', 'class', 'pay', 'course', 'point', 'gift', 'alert'])
    await page
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: service }) })
      .getByText('healthy')
      .waitFor();
  expect(await screens()).toEqual(['Services', 'Events', 'Flow', 'Trouble']);
  expect(await page.getByRole('button').count()).toBe(0);
});

test('given an enrolment, when it is looked at, then its tree is finished, and a service that is not ready is trouble', async () => {
  await page.goto(`${system.address}/events`);
  await system.isHeard();
  system.say(enrolment(TRACE));
  await page.locator(`[href="/commands/${TRACE}"]`).click();
  await page.locator('.badge.finished').waitFor();
  expect(await page.locator('.tree .sticker.event').count()).toBe(5);
  expect(await page.getByRole('tab').allTextContents()).toEqual(['tree', 'times']);
  await page.goto(`${system.address}/flow`);
  await page.locator('[data-service="pay"].well').waitFor();
  await page.goto(`${system.address}/trouble`);
  await page.getByText('Nothing.').waitFor();
  system.ill.add('gift');
  await page.locator('.troubles li', { hasText: 'lecture-gift' }).getByText('it waits for its store').waitFor();
  system.ill.delete('gift');
  await page.getByText('Nothing.').waitFor();
});
