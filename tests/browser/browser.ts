import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core';
import { chromium } from '../../tools/run/provision/chromium.ts';

/** A page on which anything that is wrong is noted: whoever closes it fails the test that opened it. */
export interface Watched {
  readonly page: Page;
  /** Errors on the console, violations of the policy, failed requests, and requests to anywhere else. */
  readonly wrong: readonly string[];
}

/** The system's Chromium, or Debian's in the cache. @throws Error with one sentence where there is none */
export async function openBrowser(): Promise<Browser> {
  const { command, env } = await chromium(() => undefined);
  const environment = { ...process.env, ...env } as Record<string, string>;
  return playwright.launch({ executablePath: command[0] ?? '', env: environment, args: ['--no-sandbox'] });
}

const HERE = /^(http:\/\/(localhost|127\.0\.0\.1):\d+\/|data:|blob:)/;

/** Opens a page. @param refused statuses of answers that the test expects, and that are no failure */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
  refused: readonly number[] = [],
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
