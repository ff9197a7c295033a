import { randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import * as client from '../run/cli/client.ts';
import { isGuarded } from '../run/cli/token.ts';
import { consolePort, root } from '../run/paths.ts';
import { chromium } from '../run/provision/chromium.ts';

const FOLDER = join(root, 'docs/pictures');
const WIDTH = 1_400;
/** Bytes of a picture: they stay in the repository for ever. */
const LARGEST = 250_000;
const WITHIN_MS = 120_000;
const COURSE = { name: 'korean', teacher: 'hong-gil-dong', fee: 10_000, textBook: 'kor_book' };
const STUDENT = 'kim-chul-su';
const OTHER = 'lee-young-hee';
const BUSY = 'The system refuses what is asked: ./run status says why.';

/** Where what is pictured runs. */
interface Places {
  readonly console: string;
  readonly gateway: string;
}

/** The running lecture system. @throws Error with what to do where it does not run as the pictures need it */
async function places(): Promise<Places> {
  const status = await client.running();
  const gateway = status.services.find(({ system, service }) => system === 'lecture' && service === 'gateway');
  if (!gateway || !status.console || isGuarded(status))
    throw new Error('Pictures are made of lecture with the console and without --auth: ./run up lecture --detach');
  return { console: `http://localhost:${consolePort}`, gateway: `http://localhost:${gateway.port}` };
}

/** Repeats what a busy system refuses. @throws Error with the sentence where it takes too long */
async function patiently<T>(once: () => Promise<T | undefined>, sentence: string): Promise<T> {
  for (const began = Date.now(); Date.now() - began < WITHIN_MS; await sleep(500)) {
    const found = await once();
    if (found !== undefined) return found;
  }
  throw new Error(sentence);
}

/** Posts through the gateway. @returns the id of what was made; undefined where the system says: come again */
async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<number | undefined> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (answer.status === 503) return undefined;
  if (answer.status !== 201) throw new Error(`POST ${url} answered ${answer.status}, not 201.`);
  return ((await answer.json()) as { id: number }).id;
}

async function open(browser: Browser, height: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height }, locale: 'en-GB', colorScheme: 'light' });
  page.setDefaultTimeout(WITHIN_MS);
  return page;
}

/** Takes a picture of a page from its top to the end of what it shows. @throws Error where it is too large to keep */
async function take(name: string, page: Page, last: string): Promise<void> {
  const path = join(FOLDER, `${name}.png`);
  const box = await page.locator(last).last().boundingBox();
  const height = Math.ceil((box?.y ?? 0) + (box?.height ?? 0)) + 24;
  await page.screenshot({ path, animations: 'disabled', clip: { x: 0, y: 0, width: WIDTH, height } });
  const { size } = await stat(path);
  process.stdout.write(`docs/pictures/${name}.png: ${Math.round(size / 1000)} kB\n`);
  if (size > LARGEST) throw new Error(`docs/pictures/${name}.png is larger than ${LARGEST / 1000} kB.`);
}

/** The map while students enrol, and the tree of one enrolment. */
async function ofConsole(browser: Browser, { console, gateway }: Places, courseId: number): Promise<void> {
  const page = await open(browser, 1_200);
  const { fee, textBook } = COURSE;
  const enrol = (student: string, headers = {}) =>
    post(`${gateway}/classes`, { courseId, fee, student, textBook }, headers);
  await page.goto(`${console}/flow?system=lecture`);
  await page.locator('.place').first().waitFor();
  // Until all who act on an enrolment are seen to act on those of the last seconds.
  const busy = ['class>pay', 'pay>course', 'point>class', 'gift>class'].map(
    (edge) => `[data-edge="${edge}"].busy text`,
  );
  let enrolled = 0;
  await patiently(async () => {
    for (let n = 0; n < 5; n++) if (await enrol(`student-${enrolled}`)) enrolled++;
    const seen = await Promise.all(busy.map((edge) => page.locator(edge).first().isVisible()));
    return enrolled >= 20 && seen.every(Boolean) ? true : undefined;
  }, 'The map does not show what happens.');
  await take('flow', page, '.map');

  const trace = await patiently(async () => {
    const id = randomBytes(16).toString('hex');
    return (await enrol(STUDENT, { traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01` })) && id;
  }, BUSY);
  await page.goto(`${console}/commands/${trace}`);
  await page.locator('.badge.finished').waitFor();
  await take('command', page, '.tree');
  await page.close();
}

/** A student's page, with all that came of the enrolment. */
async function ofPage(browser: Browser, { gateway }: Places): Promise<void> {
  const page = await open(browser, 1_000);
  await page.goto(`${gateway}/app/`);
  await page.locator('tbody tr', { hasText: COURSE.name }).last().getByRole('button', { name: 'Enrol' }).click();
  await page.locator('[name="student"]').fill(OTHER);
  await page.locator('form button[type=submit]').click();
  await page.locator('.success').first().waitFor();
  await page.locator('nav a[href="#/my"]').click();
  await page.locator('section.card').first().getByText('Point Added').waitFor();
  await take('page', page, 'section.card');
  await page.close();
}

/** `./run docs --pictures`: writes docs/pictures from the lecture system that runs. */
export async function pictures(): Promise<void> {
  const found = await places();
  const courseId = await patiently(() => post(`${found.gateway}/courses`, COURSE), BUSY);
  const { command, env } = await chromium((line) => process.stderr.write(`${line}\n`));
  const environment = { ...process.env, ...env } as Record<string, string>;
  const executablePath = command[0] ?? '';
  const browser = await playwright.launch({ executablePath, env: environment, args: ['--no-sandbox'] });
  try {
    await mkdir(FOLDER, { recursive: true });
    await ofConsole(browser, found, courseId);
    await ofPage(browser, found);
  } finally {
    await browser.close();
  }
}
