import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { eventually } from '../harness/system.ts';
import { inBrowser } from './browser.ts';
import { enrolment, large, Pretended } from './pretended.ts';

/** What the console says under load and in trouble, before a system that is pretended, so that it is the console alone that is measured. */

const system = new Pretended();
const show = inBrowser();
let page: Page;

const traceOf = (n: number): string => n.toString(16).padStart(32, 'b');
const MIB = 1024 * 1024;

beforeAll(() => system.open(), 120_000);
beforeEach(async () => {
  page = await show({ viewport: { width: 1400, height: 900 } });
});
afterAll(() => system.close());

/** MiB of objects in a page, after what is no longer used is gone. */
async function heapOf(one: Page): Promise<number> {
  const session = await one.context().newCDPSession(one);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / MIB;
}

/** MiB of the console's process. */
const memory = (): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${system.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** 200 commands a second, in twenty batches. @returns the number of the last one */
async function load(seconds: number): Promise<number> {
  let n = 0;
  const began = Date.now();
  while (n < 200 * seconds) {
    const due = Math.min(200 * seconds, Math.floor((Date.now() - began) / 5));
    const batch = Array.from({ length: due - n }, () => enrolment(traceOf(n++))).flat();
    system.say(batch);
    await sleep(50);
  }
  return n - 1;
}

test('given seven tabs, when 200 commands a second come for ten seconds, then all show it, and stay small and still', async () => {
  const tabs = await Promise.all(Array.from({ length: 6 }, () => page.context().newPage()));
  const paths = ['/', '/flow', '/trouble', '/contract', '/configuration', '/events'];
  await page.goto(`${system.address}/events`);
  for (const [at, tab] of tabs.entries()) await tab.goto(`${system.address}${paths[at]}`);
  await page.bringToFront();
  await page.evaluate(
    "globalThis.tasks = []; new PerformanceObserver((seen) => { for (const { duration } of seen.getEntries()) globalThis.tasks.push(duration) }).observe({ type: 'longtask' })",
  );
  await system.isHeard();
  const loaded = load(10);
  const first = page.locator('.board li a').first();
  await first.waitFor();
  // Over the list, which stays: its first row may be gone before the mouse is there. It need not stand still.
  await page.locator('.board').hover({ force: true, position: { x: 40, y: 20 } });
  const held = await first.getAttribute('href');
  await page.getByText(/\d{3} new above/).waitFor();
  expect(await first.getAttribute('href')).toBe(held);
  await page.mouse.move(0, 0);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: /Resume, \d+ new/ }).click();
  const last = await loaded;
  await page.locator(`[href="/commands/${traceOf(last)}"]`).waitFor();
  await tabs
    .at(-1)!
    .locator(`[href="/commands/${traceOf(last)}"]`)
    .waitFor();
  await eventually(async () =>
    expect(await tabs[1]!.locator('[data-edge="gateway>class"] text').textContent()).toMatch(/\d+\/s/),
  );
  expect(await page.locator('.board *').count()).toBeLessThan(1_500);
  const tasks = (await page.evaluate<number[]>('globalThis.tasks')).sort((a, b) => b - a);
  // Two may have waited for the processor; who draws too much at once does so again and again.
  const [longest = 0, , third = 0] = tasks;
  const heap = await heapOf(page);
  console.log(
    `longest task ${Math.round(longest)} ms, third ${Math.round(third)} ms, page ${Math.round(heap)} MiB, console ${Math.round(memory())} MiB`,
  );
  expect(third).toBeLessThan(1_000);
  expect(longest).toBeLessThan(3_000);
  expect(heap).toBeLessThan(60);
  // What the last entries needed for a moment is given back.
  await eventually(() => expect(memory()).toBeLessThan(90));
});

test('given a command that caused a thousand events, when its tree is opened, then it shows a part and says how much is left', async () => {
  await page.goto(`${system.address}/events`);
  const trace = traceOf(100_000);
  await system.isHeard();
  system.say(large(trace, 1_000));
  await page.goto(`${system.address}/commands/${trace}`);
  await page.locator('.badge.finished').waitFor();
  await page.getByRole('button', { name: /Show more, \d+ are left/ }).waitFor();
  expect(await page.locator('.tree *').count()).toBeLessThan(8_000);
  const before = await page.locator('.tree .sticker.event').count();
  await page.getByRole('button', { name: /Show more/ }).click();
  await eventually(async () => expect(await page.locator('.tree .sticker.event').count()).toBe(before + 100));
  await page.getByRole('tab', { name: 'times' }).click();
  await page.getByText(/\d+ later ones are not shown/).waitFor();
});

test('given a broker that is away, when services stand still, then Trouble names it and how old the outbox is', async () => {
  const { status } = system;
  const [kafka] = status.infrastructure;
  const pay = status.services.find(({ service }) => service === 'pay')!;
  await page.goto(`${system.address}/trouble`);
  await page.getByText('Nothing.').waitFor();
  kafka!.state = 'stopped';
  Object.assign(pay, { healthy: false, progress: 'stalled: outbox (its oldest event waits for 75 s)' });
  await page.locator('.troubles li', { hasText: 'kafka' }).getByText('it was stopped').waitFor();
  await page.locator('.troubles li', { hasText: 'lecture-pay' }).getByText('its oldest event waits for 75 s').waitFor();
  expect(await page.getByRole('link', { name: 'Trouble' }).textContent()).toContain('2 things need a person');
  kafka!.state = 'healthy';
  Object.assign(pay, { healthy: true, progress: 'ready' });
  await page.getByText('Nothing.').waitFor();
});

test('given the contract, when an enrolment is tried, then it goes through the entrance, and leads to its tree', async () => {
  await page.goto(`${system.address}/contract?system=lecture&of=postClasses`);
  const send = page.getByRole('button', { name: 'Send POST' });
  await send.click();
  await page.getByRole('region', { name: 'The answer' }).getByText('201').waitFor();
  const tried = system.asked.at(-1)!;
  expect([tried.method, tried.url, JSON.parse(tried.body)]).toEqual([
    'POST',
    '/classes',
    { courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' },
  ]);
  const trace = String(tried.headers.traceparent).split('-')[1]!;
  await page.getByLabel('fee').fill('abc');
  await send.click();
  await page.getByText('must be a whole number', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Write the body as JSON' }).click();
  await page.getByLabel('body, as JSON').fill('{"fee": 1}');
  await send.click();
  await page.getByRole('region', { name: 'The answer' }).getByText('201').waitFor();
  expect(system.asked.at(-1)!.body).toBe('{"fee": 1}');
  await system.isHeard();
  system.say(enrolment(trace));
  await page.goto(`${system.address}/commands/${trace}`);
  await page.locator('.badge.finished').waitFor();
});

test('given the contract, when its events and documents are opened, then they say who acts, and can be had as files', async () => {
  await page.goto(`${system.address}/contract?system=lecture&tab=events`);
  await page.getByRole('button', { name: /PaymentApproved/ }).click();
  await page.getByText('Published by pay; alert, class, course, point act on it.').waitFor();
  await page
    .getByRole('table', { name: 'Fields of PaymentApproved' })
    .getByRole('rowheader', { name: 'fee' })
    .waitFor();
  await page.getByRole('tab', { name: 'documents' }).click();
  const downloads = [];
  for (const name of ['lecture-openapi.json', 'lecture-pay-asyncapi.json']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    downloads.push([
      download.suggestedFilename(),
      Object.keys(JSON.parse(readFileSync(await download.path(), 'utf8')) as object)[0],
    ]);
  }
  expect(downloads).toEqual([
    ['lecture-openapi.json', 'openapi'],
    ['lecture-pay-asyncapi.json', 'asyncapi'],
  ]);
});

test('given an entrance that asks for tokens, when something is tried, then it is sent as an operator, and the page says so', async () => {
  await system.guard('a-token');
  await page.goto(`${system.address}/contract?system=lecture&of=getClasses`);
  await page.getByRole('button', { name: 'Send GET' }).click();
  await page.getByText('Sent as an operator, with a token of the provider for development.').waitFor();
  expect(system.asked.at(-1)!.headers.authorization).toBe('Bearer a-token');
  expect(await page.getByText('a-token').count()).toBe(0);
});
