import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core';
import { chromium } from '../../tools/run/provision/chromium.ts';

/** A page on which anything that is wrong is noted. */
interface Watched {
  readonly page: Page;
  /** Errors on the console, violations of the policy, failed requests, and requests to anywhere else. */
  readonly wrong: readonly string[];
}

/** The system's Chromium, or Debian's in the cache. @throws Error with one sentence where there is none */
async function openBrowser(): Promise<Browser> {
  const { command, env } = await chromium(() => undefined);
  const environment = { ...process.env, ...env } as Record<string, string>;
  return playwright.launch({ executablePath: command[0] ?? '', env: environment, args: ['--no-sandbox'] });
}

const HERE = /^(http:\/\/(localhost|127\.0\.0\.1):\d+\/|data:|blob:)/;

async function openPage(
  browser: Browser,
  options: BrowserContextOptions,
  refused: readonly number[],
): Promise<Watched> {
  const context = await browser.newContext(options);
  const wrong: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    // The browser tells of every refused answer there, too; those are judged by their status.
    if (message.type() === 'error' && !/^Failed to load resource/.test(message.text())) wrong.push(message.text());
  });
  page.on('pageerror', ({ message }) => wrong.push(message));
  page.on('request', (request) => {
    if (!HERE.test(request.url())) wrong.push(`asks elsewhere: ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    // What is under way when another address is gone to is broken off.
    const why = request.failure()?.errorText ?? '';
    if (why !== 'net::ERR_ABORTED') wrong.push(`${request.url()} failed: ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !refused.includes(response.status()))
      wrong.push(`${response.url()} answered ${response.status()}`);
  });
  await page.addInitScript(
    "document.addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))",
  );
  return { page, wrong };
}

/** Opens a page of its own. @param refused statuses of answers that the test expects, and that are no failure */
type Show = (options?: BrowserContextOptions, refused?: readonly number[]) => Promise<Page>;

/**
 * Gives the tests of a file one browser. What a test has opened is closed after it, and fails it if anything on it was wrong.
 * @param lastLook what is true of each page when its test has ended
 */
export function inBrowser(lastLook: (page: Page) => Promise<void> = async () => undefined): Show {
  let browser: Browser | undefined;
  let watched: Watched | undefined;
  beforeAll(async () => {
    browser = await openBrowser();
  }, 120_000);
  afterEach(async () => {
    if (!watched) return;
    const { page, wrong } = watched;
    watched = undefined;
    try {
      await lastLook(page);
    } finally {
      await page.context().close();
    }
    expect(wrong).toEqual([]);
  });
  afterAll(() => browser?.close());
  return async (options = {}, refused = []) => {
    watched = await openPage(browser!, options, refused);
    watched.page.setDefaultTimeout(15_000);
    return watched.page;
  };
}
