import { once } from 'node:events';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { Refused } from '../../services/gateway/admission.ts';
import type { Options } from '../../services/gateway/options.ts';
import { closeAll, type Opened, open, said } from '../../services/gateway/testing.ts';
import type { SidecarAnswer, SidecarRequest } from '../../services/kit/index.ts';
import { pagesOf } from '../../tools/run/infrastructure/pages.ts';
import { eventually } from '../harness/system.ts';
import { inBrowser } from './browser.ts';

/** What a page does whatever its services do: lecture's page at its gateway, whose sidecar answers as the test says. */

const MARKUP = '<img src=x onerror=alert(1)>';
const COURSES = [
  { id: 1, name: 'korean', teacher: 'hong-gil-dong', fee: 10_000, textBook: 'kor_book' },
  { id: 2, name: MARKUP, teacher: 'mallory', fee: 1, textBook: 'b' },
];
let files: Readonly<Record<string, string>>;
const openPage = inBrowser();
let page: Page;
let entrance: Opened;
let proxy: Server | undefined;
/** What commands are answered. */
let onCommand: () => SidecarAnswer;

const list = (name: string, rows: object[]): SidecarAnswer =>
  said(200, JSON.stringify({ _embedded: { [name]: rows } }), { etag: '"same"' });
const problem = (status: number, body: object, headers: Record<string, string> = {}): SidecarAnswer =>
  said(status, JSON.stringify(body), { 'content-type': 'application/problem+json', ...headers });
const notNow = (): SidecarAnswer => problem(503, { detail: 'pay is away' }, { 'retry-after': '1' });

function answer({ method, path, headers }: SidecarRequest): SidecarAnswer {
  if (method !== 'GET') return onCommand();
  if (headers?.['if-none-match'] === '"same"') return said(304, '', { etag: '"same"' });
  return path.includes('/courses') ? list('courses', COURSES) : list('inquiryMypages', []);
}

const commands = (): SidecarRequest[] => entrance.asked.filter(({ method }) => method !== 'GET');
const keys = (): unknown[] => commands().map(({ headers }) => headers?.['idempotency-key']);

/** @param refused statuses of answers that the test expects */
async function show(refused: number[] = [], options: Options = {}, language = 'en-GB'): Promise<void> {
  entrance = await open({ page: files, ...options }, answer);
  page = await openPage({ locale: language }, refused);
  await page.goto(`${entrance.address}/app/`);
}

const choose = (): Promise<void> => page.getByRole('button', { name: /korean/ }).click();
const submit = (): Promise<void> => page.locator('form button[type=submit]').click();

beforeAll(async () => {
  const built = await pagesOf(['lecture']);
  files = built.files.lecture ?? {};
});
beforeEach(() => {
  onCommand = () => said(201, JSON.stringify({ ...COURSES[0], id: 7, courseId: 1, student: 'hong-gil-sun' }));
});
afterEach(async () => {
  proxy?.close();
  await closeAll();
});

test('given a service is away, when a student enrols, then the page counts down and asks again with the same key', async () => {
  await show([503]);
  onCommand = notNow;
  await choose();
  await submit();
  await page.locator('.warning', { hasText: 'cannot be reached' }).waitFor();
  expect(await page.locator('.countdown').textContent()).toBe('Next try in 1 s');
  await eventually(() => expect(commands().length).toBeGreaterThan(1));
  onCommand = () => said(201, '{"id":7,"courseId":1,"student":"hong-gil-sun"}');
  await page.locator('.success').waitFor();
  expect(new Set(keys()).size).toBe(1);
});

test('given a student gives up waiting, when they want the same again, then it is the same command; another is another', async () => {
  await show([503]);
  onCommand = () => problem(503, { outcome: 'unknown' }, { 'retry-after': '60' });
  const stop = async (): Promise<void> => {
    await submit();
    await page.getByRole('button', { name: 'Stop trying' }).click();
    await page.locator('.warning', { hasText: 'It is not known' }).waitFor();
  };
  await choose();
  await stop();
  await stop();
  await page.locator('[name=fee]').fill('9000');
  await stop();
  const [first, again, other] = keys();
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test('given my page does not show it yet, when somebody has enrolled, then it stands there as being processed', async () => {
  await show();
  await choose();
  await submit();
  await page.locator('.success').waitFor();
  await page.getByRole('link', { name: 'My page' }).click();
  const card = page.locator('section.card', { hasText: 'korean' });
  await eventually(async () => expect(await card.getByText('being processed').count()).toBe(5));
});

test('given nothing changes, when a page is shown, then it asks for changes alone, and ever less often', async () => {
  await show();
  await page.getByRole('button', { name: /korean/ }).waitFor();
  const at: number[] = [];
  entrance.answer = (request) => {
    at.push(Date.now());
    return answer(request);
  };
  await eventually(() => expect(at.length).toBeGreaterThanOrEqual(5));
  expect(entrance.asked.slice(1).every(({ headers }) => headers?.['if-none-match'] === '"same"')).toBe(true);
  expect(at[4]! - at[3]!).toBeGreaterThan(1.5 * (at[1]! - at[0]!));
});

test('given a field is wrong, when it is refused, then the message stands at the field, and nowhere twice', async () => {
  await show([400], {}, 'ko-KR');
  onCommand = () =>
    problem(400, { detail: 'The body: fee', errors: [{ field: 'fee', message: 'must be a whole number' }] });
  await choose();
  await submit();
  const fee = page.locator('[name=fee]');
  await page.locator(`[id="${await fee.getAttribute('aria-describedby')}"]`, { hasText: '정수여야 합니다' }).waitFor();
  expect(await fee.getAttribute('aria-invalid')).toBe('true');
  expect(await page.locator('.failure').textContent()).not.toContain('The body');
});

test('given an entrance that asks for a token, when it is given, then the page goes on with it', async () => {
  const admission = async (header: string | undefined) => {
    if (header !== 'Bearer good') throw new Refused(401, 'Send a token.', 'Bearer');
    return { subject: 'kim', person: 'kim', roles: ['operator'], scopes: [], isProgram: false };
  };
  await show([401], { admission });
  await page.getByLabel('Access token').fill('good');
  await page.getByRole('button', { name: 'Use' }).click();
  await page.getByRole('button', { name: /korean/ }).waitFor();
});

test('given a proxy that cuts a prefix off, when the page is opened behind it, then all of it works', async () => {
  await show();
  proxy = createServer((incoming, outgoing) => {
    const { method, headers, url = '' } = incoming;
    if (!url.startsWith('/shop/lectures/')) return void outgoing.writeHead(404).end();
    const path = url.slice('/shop/lectures'.length);
    const asked = forward({ port: entrance.port, method, headers, path }, (got) => {
      outgoing.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(outgoing);
    });
    incoming.pipe(asked);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo;
  await page.goto(`http://127.0.0.1:${port}/shop/lectures/`, { waitUntil: 'commit' });
  expect(page.url()).toBe(`http://127.0.0.1:${port}/shop/lectures/app/`);
  await choose();
  await submit();
  await page.locator('.success').waitFor();
});

test('given names with markup, when they are shown, then they are text', async () => {
  await show();
  await page.getByText(MARKUP, { exact: true }).waitFor();
  expect(await page.locator('img').count()).toBe(0);
});

test('given another language is chosen, when the page is loaded again, then it still speaks it', async () => {
  await show([], {}, 'fr-FR');
  await page.getByRole('heading', { name: 'Courses' }).waitFor();
  await page.getByRole('button', { name: '한국어' }).click();
  await page.getByRole('heading', { name: '과목' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: '과목' }).waitFor();
  expect(await page.evaluate('document.documentElement.lang')).toBe('ko');
});

test('given a keyboard alone, when a student enrols with it, then that works, and each field and button has a name', async () => {
  await show();
  await page.getByRole('button', { name: 'Enrol in korean' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Student', { exact: true }).focus();
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.name')).toBe('fee');
  await page.keyboard.press('Enter');
  await page.locator('[role=status] .success').waitFor();
  const nameless = `[...document.querySelectorAll('input, select, button')]
    .filter((one) => !one.labels?.length && !one.ariaLabel && !one.textContent.trim()).length`;
  expect(await page.evaluate(nameless)).toBe(0);
});
