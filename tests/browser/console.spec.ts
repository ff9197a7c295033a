import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Locator, Page } from 'playwright-core';
import type { Models } from '../../tools/console/model/system.ts';
import type { Status } from '../../tools/run/supervisor/status.ts';
import { eventually, home, LONG, root } from '../harness/system.ts';
import { inBrowser } from './browser.ts';

const offset = Number(process.env.MADANG_PORT_OFFSET || 0);
const base = `http://localhost:${8000 + offset}`;
const gateway = `http://localhost:${8088 + offset}`;
const SCREENS = ['/', '/events', '/flow', '/trouble', '/logs', '/configuration', '/contract'];
const TEXTBOOK = { courseId: '1', fee: '10000', textBook: 'kor_book' };

const show = inBrowser();
let page: Page;

const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

const text = async (of: Locator): Promise<string> => (await of.textContent()) ?? '';

const traceOf = (n: number): string => n.toString(16).padStart(32, 'a');

/** Enrols under a trace of our own, so that its tree can be gone to. @returns its trace id */
async function enrol(n: number, student = 'john-doe'): Promise<string> {
  const headers = { traceparent: `00-${traceOf(n)}-00f067aa0ba902b7-01` };
  // Whoever is turned away on a busy machine comes again, as clients do.
  await eventually(async () =>
    expect((await post(`${gateway}/classes`, { ...TEXTBOOK, student }, headers)).status).toBe(201),
  );
  return traceOf(n);
}

const row = (service: string) =>
  page
    .getByRole('table', { name: 'Services of lecture' })
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: service, exact: true }) });

beforeAll(async () => {
  const course = { name: 'korean', teacher: 'hong-gil-dong', fee: '10000', textBook: 'kor_book' };
  expect((await post(`${gateway}/courses`, course)).status).toBe(201);
});

describe('the console', () => {
  beforeEach(async () => {
    page = await show({}, [409]);
  });

  test('given all its screens, when they are visited, then nothing comes from outside, nothing is lax, and it is small', async () => {
    for (const path of SCREENS) {
      const answer = await page.goto(base + path);
      const policy = answer?.headers()['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*/);
      await page.getByRole('heading', { level: 1 }).waitFor();
    }
    expect(gzipSync(await readFile(join(home, 'dist/console/page.js'))).length).toBeLessThan(45_000);
  });

  test('given somebody else, when they ask the console, then they are refused: another host, another page, no JSON', async () => {
    const act = { id: 'lecture-pay', action: 'stop', part: 'both' };
    expect((await post(`${base}/api/act`, act, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await post(`${base}/api/act`, act, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(`${base}/api/act`, { ...act, action: 'destroy' })).status).toBe(400);
  });

  // Also on the full profile (tests/run.ts).
  describe('at its core', () => {
    test('given an enrolment, when its tree is opened, then it is the contract: each event under its cause, and finished', async () => {
      await page.goto(`${base}/events`);
      const trace = await enrol(1);
      await page.goto(`${base}/commands/${trace}`);
      await page.locator('.badge.finished').waitFor();
      const events = await page.locator('.tree .sticker.event').allTextContents();
      expect(events.map((text) => text.replace('event', '').trim()).sort()).toEqual(
        ['ClassRegistered', 'GiftRegistered', 'PaymentApproved', 'PointRegistered', 'TextbookDeliveried'].sort(),
      );
      const under = (event: string) =>
        page
          .locator('li')
          .filter({ has: page.locator(`:scope > .branch > .sticker.event`, { hasText: event }) })
          .last();
      expect(await under('PaymentApproved').locator('.sticker.event').count()).toBe(4);
      expect(await under('ClassRegistered').locator('.sticker.event').count()).toBe(1);
      expect(await text(page.locator('.tree > li > .branch .sticker.command'))).toContain('POST /classes');
      expect(await page.locator('.tree .sticker.view').count()).toBe(4);
      await page.getByRole('tab', { name: 'times' }).click();
      await page.reload();
      await eventually(async () => expect(await page.locator('.times tr').count()).toBeGreaterThan(10));
    });

    test('given a service, when it is killed by a click, then that is seen and mended, and the focus stays', async () => {
      await page.goto(base);
      const kill = page.getByRole('button', { name: 'kill pay', exact: true });
      const before = Number(await text(row('pay').locator('td.number').nth(1)));
      await kill.click();
      await page.getByText('pay is healthy.').waitFor({ timeout: 30_000 });
      expect(await text(row('pay'))).toContain('last exit SIGKILL');
      expect(Number(await text(row('pay').locator('td.number').nth(1)))).toBeGreaterThan(before);
      expect(await kill.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('kill pay');
    });

    test('given an unreadable event, when Trouble is opened, then it says why, a replay tells the truth, and it can be dropped', async () => {
      const { services } = (await (await fetch(`${base}/api/status`)).json()) as Status;
      const { daprHttpPort } = services.find(({ service }) => service === 'pay')!;
      const data = {
        eventType: 'PaymentCanceled',
        classId: '<img src=x onerror=alert(1)>',
        timestamp: '20260101000000',
      };
      const event = { specversion: '1.0', id: 'unreadable', source: 'test', type: 'PaymentCanceled', data };
      const headers = { 'content-type': 'application/cloudevents+json' };
      const published = await post(
        `http://127.0.0.1:${daprHttpPort}/v1.0/publish/lecture-pubsub/lecture`,
        event,
        headers,
      );
      expect(published.status).toBe(204);
      await page.goto(`${base}/trouble`);
      // Other scenarios may have left some, too.
      const letters = page.locator('.troubles li', { hasText: 'dead letter' }).filter({ hasText: 'onerror=alert(1)' });
      const ofCourse = letters.filter({ hasText: 'lecture-course' });
      await ofCourse.waitFor();
      expect(await text(page.getByRole('link', { name: 'Trouble' }))).toContain('need a person');
      await ofCourse.getByText('the event').click();
      expect(await text(ofCourse)).toContain('<img src=x onerror=alert(1)>');
      await ofCourse.getByRole('button', { name: 'Replay at lecture-course' }).click();
      await page.getByText(/lecture-course, \d+: The event cannot be handled/).waitFor();
      for (const service of ['lecture-course', 'lecture-point', 'lecture-class']) {
        const one = letters.filter({ hasText: service });
        await one.getByRole('button', { name: 'Drop' }).click();
        await one.waitFor({ state: 'detached' });
      }
    });
  });

  test('given a service that is stopped, when somebody enrols, then the tree waits for it, and goes on when it is started', async () => {
    await page.goto(base);
    await page.getByRole('button', { name: 'stop course' }).click();
    await row('course').getByText('stopped').first().waitFor();
    const trace = await enrol(2);
    await page.goto(`${base}/commands/${trace}`);
    await page.getByText('waits for course').waitFor({ timeout: 5_000 });
    await page.goto(base);
    await page.getByRole('button', { name: 'start course' }).click();
    await page.goto(`${base}/commands/${trace}`);
    await page.locator('.badge.finished').waitFor({ timeout: 30_000 });
    expect(await text(page.locator('.tree'))).toContain('TextbookDeliveried');
  });

  test('given the map, when commands flow, then it has the lines of the contract, shows rates, and nothing moves', async () => {
    await page.goto(`${base}/flow?system=lecture`);
    const { lecture: model } = JSON.parse(await readFile(join(root, 'docs/systems/model.json'), 'utf8')) as Models;
    if (!model) throw new Error('There is no model of lecture.');
    await page.locator('.place').first().waitFor();
    const places = () => page.locator('.place').evaluateAll((all) => all.map((one) => one.getAttribute('transform')));
    const before = await places();
    expect(before).toHaveLength(model.services.length);
    const pairs = new Set(model.events.flatMap(({ by, to }) => to.map((one) => `${by}>${one}`)));
    expect(await page.locator('.edge.event').count()).toBe(pairs.size);
    expect(await page.locator('.edge.call').count()).toBe(2);
    for (let n = 10; n < 30; n++) await enrol(n);
    await page.locator('[data-edge="class>pay"].busy').first().waitFor();
    await page.locator('[data-edge="class>pay"][data-kind="call"] text').waitFor();
    expect(await places()).toEqual(before);
  });

  test('given a wrong value, when it is set, then it is refused at its field; a good one is confirmed, flagged, and reset', async () => {
    await page.goto(`${base}/configuration?system=lecture`);
    const field = page.getByLabel('PAY_DELAY_MS', { exact: true });
    const set = page.getByRole('button', { name: 'set PAY_DELAY_MS' });
    await field.fill('abc');
    await set.click();
    await page.getByText(/PAY_DELAY_MS=abc is refused/).waitFor();
    await field.fill('1');
    await set.click();
    await page.getByText(/taken by pay after/).waitFor();
    await page.getByText('PAY_DELAY_MS is 1').waitFor();
    await page.getByRole('button', { name: 'reset PAY_DELAY_MS' }).click();
    await page.getByText('PAY_DELAY_MS is 1').waitFor({ state: 'detached' });
  });

  test('given a payload with markup, when its event is shown, then it is text and runs nothing', async () => {
    const trace = await enrol(3, '<img src=x onerror=alert(1)>');
    await page.goto(`${base}/commands/${trace}`);
    await page.locator('.badge.finished').waitFor();
    for (const one of await page.locator('.tree summary').all()) await one.click();
    expect(await text(page.locator('.tree'))).toContain('<img src=x onerror=alert(1)>');
    expect(await page.locator('.tree img').count()).toBe(0);
  });

  test('given many commands at once, when the board shows them, then it stays small', async () => {
    await page.goto(`${base}/events`);
    await Promise.all(Array.from({ length: 100 }, (_, n) => enrol(1_000 + n)));
    await page.getByText(/older ones are not shown/).waitFor();
    expect(await page.locator('.board *').count()).toBeLessThan(1_500);
  });

  test('given a pointer over the board or a pause, when more comes, then rows stay and it says how many are new', async () => {
    await enrol(4);
    await page.goto(`${base}/events`);
    const first = page.locator('.board li').first();
    await first.hover();
    const shown = await first.locator('a').getAttribute('href');
    await enrol(5);
    await page.getByText('1 new above').waitFor();
    expect(await first.locator('a').getAttribute('href')).toBe(shown);
    await page.mouse.move(0, 0);
    await page.getByRole('button', { name: 'Pause' }).click();
    await enrol(6);
    await page.getByRole('button', { name: 'Resume, 1 new' }).click();
    await page.locator(`[href="/commands/${traceOf(6)}"]`).waitFor();
  });

  test('given seven tabs, when something happens, then all of them show it', async () => {
    const tabs = await Promise.all(Array.from({ length: 6 }, () => page.context().newPage()));
    for (const tab of [page, ...tabs]) await tab.goto(`${base}/events`);
    const trace = await enrol(7);
    for (const tab of [page, ...tabs]) await tab.locator(`[href="/commands/${trace}"]`).waitFor();
  });

  test(
    'given a callee that is slow, when its breaker opens, then map and Trouble say so; reset, enrolling works again',
    async () => {
      const set = (value: string) =>
        post(`${base}/api/configuration`, { system: 'lecture', changes: { PAY_DELAY_MS: value } });
      const tryToEnrol = async (): Promise<string> => {
        const answer = await post(`${gateway}/classes`, { ...TEXTBOOK, student: 'john-doe' });
        return answer.status === 201 ? 'enrolled' : answer.text();
      };
      await set('1500');
      try {
        await page.goto(`${base}/flow?system=lecture`);
        // It opens when half of 20 calls within 10 s failed.
        const many = () => Promise.all(Array.from({ length: 30 }, tryToEnrol));
        await eventually(async () => expect((await many()).join()).toContain('breaker open'), 40_000);
        await page.locator('[data-edge="class>pay"][data-kind="call"].broken', { hasText: 'breaker open' }).waitFor();
        await page.getByRole('link', { name: 'Trouble' }).click();
        await page.locator('.troubles li', { hasText: 'breaker open' }).filter({ hasText: 'class>pay' }).waitFor();
      } finally {
        await set('0');
      }
      await eventually(async () => expect(await tryToEnrol()).toBe('enrolled'), 40_000);
    },
    LONG,
  );

  test('given an address with filters, when it is reloaded, then the filters are the same', async () => {
    await page.goto(`${base}/logs`);
    await page.getByLabel('From level').selectOption('warn');
    await page.getByLabel('Search').fill('x');
    await page.reload();
    expect(await page.getByLabel('From level').inputValue()).toBe('warn');
    expect(await page.getByLabel('Search').inputValue()).toBe('x');
  });
});

describe.each(['light', 'dark'] as const)('accessibility, %s', (colorScheme) => {
  test('given each screen, when axe looks, then nothing serious is found, and at 400 px nothing scrolls sideways', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    // The page's own policy forbids what axe has to be given.
    page = await show({ colorScheme, bypassCSP: true, viewport: { width: 400, height: 800 } });
    const found: string[] = [];
    const opened = ['/contract?of=postClasses', '/contract?tab=events&of=PaymentApproved', `/commands/${traceOf(1)}`];
    for (const path of [...SCREENS, ...opened]) {
      await page.goto(base + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('load');
      await page.evaluate(axe);
      const violations = (await page.evaluate(
        'axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => id + " " + nodes[0].html.slice(0, 120)))',
      )) as string[];
      found.push(...violations.map((one) => `${path}: ${one}`));
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) found.push(`${path} is too wide`);
    }
    expect(found).toEqual([]);
  });
});
