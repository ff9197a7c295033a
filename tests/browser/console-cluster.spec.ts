import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort, root } from '../../tools/run/paths.ts';
import { consoleSpec } from '../../tools/run/supervisor/services.ts';
import { eventually, home, processes, run } from '../harness/system.ts';
import { openBrowser, openPage, type Watched } from './browser.ts';

/** The console as the chart starts it, before the services that run here: a list of them, and no runner. */

const gateway = `http://localhost:${8088 + Number(process.env.MADANG_PORT_OFFSET || 0)}`;
const TRACE = 'c'.repeat(32);
const JSON_TYPE = { 'content-type': 'application/json' };

let browser: Browser;
let watched: Watched;
let page: Page;
let console: ChildProcess;
let base = '';

beforeAll(async () => {
  browser = await openBrowser();
  const services = (await processes()).filter(({ appId }) => appId.startsWith('lecture-'));
  const port = await freePort();
  base = `http://localhost:${port}`;
  const [program = '', ...args] = consoleSpec(join(home, 'dist/console/server.js'), undefined).command;
  const env = {
    MADANG_PORT_OFFSET: String(port - 8000),
    CONSOLE_SERVICES: services.map((one) => `${one.appId}=127.0.0.1:${one.port}`).join(),
    CONSOLE_PROFILE: 'light',
  };
  console = spawn(program, args, { cwd: root, env: { PATH: process.env.PATH, ...env }, stdio: 'inherit' });
  await eventually(() => fetch(`${base}/healthz`));
  const course = JSON.stringify({ name: 'korean', teacher: 'hong-gil-dong', fee: '10000', textBook: 'kor_book' });
  expect((await fetch(`${gateway}/courses`, { method: 'POST', headers: JSON_TYPE, body: course })).status).toBe(201);
  watched = await openPage(browser, { viewport: { width: 1400, height: 900 } });
  ({ page } = watched);
  page.setDefaultTimeout(15_000);
}, 60_000);
afterAll(async () => {
  console?.kill('SIGKILL');
  if (console) await once(console, 'exit');
  await browser?.close();
});

const row = (service: string) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: service }) });

test('given a list of services, when its page is opened, then it shows each, and has nothing that could change one', async () => {
  await page.goto(base);
  for (const service of ['gateway', 'class', 'pay', 'course', 'point', 'gift', 'alert'])
    await row(service).getByText('healthy').waitFor();
  const screens = await page.getByRole('navigation').getByRole('link').allTextContents();
  expect(screens.map((words) => words.replace(/\d.*/, ''))).toEqual(['Services', 'Events', 'Flow', 'Trouble']);
  expect(await page.getByRole('button').count()).toBe(0);
});

test('given an enrolment, when its tree is opened, then it is finished; a service that dies is trouble until it is back', async () => {
  await page.goto(`${base}/events`);
  const headers = { ...JSON_TYPE, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
  const body = JSON.stringify({ courseId: '1', fee: '10000', textBook: 'kor_book', student: 'john-doe' });
  await eventually(async () =>
    expect((await fetch(`${gateway}/classes`, { method: 'POST', headers, body })).status).toBe(201),
  );
  await page.locator(`[href="/commands/${TRACE}"]`).click();
  await page.locator('.badge.finished').waitFor();
  expect(await page.locator('.tree .sticker.event').count()).toBe(5);
  expect(await page.getByRole('tab').allTextContents()).toEqual(['tree', 'times']);
  await page.goto(`${base}/flow`);
  await page.locator('[data-service="pay"].well').waitFor();
  await page.goto(`${base}/trouble`);
  await run('stop', 'lecture-gift');
  await page.locator('.troubles li', { hasText: 'lecture-gift' }).getByText('it does not answer').waitFor();
  await run('start', 'lecture-gift');
  await page.locator('.troubles li', { hasText: 'lecture-gift' }).waitFor({ state: 'detached' });
  expect(watched.wrong).toEqual([]);
}, 60_000);
