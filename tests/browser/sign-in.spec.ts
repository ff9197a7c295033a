import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { closeAll, open, said } from '../../services/gateway/testing.ts';
import { signInFrom, tokensFrom } from '../../services/gateway/tokens.ts';
import { provider } from '../../tools/identity/provider.ts';
import { identityServer } from '../../tools/identity/server.ts';
import { pagesOf } from '../../tools/run/infrastructure/pages.ts';
import { freePort, root } from '../../tools/run/paths.ts';
import { inBrowser } from './browser.ts';

/** A person signs in to lecture's page at the real provider for development; its services answer as the test says. */

const UNKNOWN = { paymentStatus: null, deliveryStatus: null, pointStatus: null, point: null, giftstock: null };
const ROW = { courseId: 1, fee: 10_000, textBook: 'kor_book', status: 'APPLY_COMPLETED', ...UNKNOWN };
const ROWS = [
  { ...ROW, id: 1, classId: 1, student: 'hong-gil-sun' },
  { ...ROW, id: 2, classId: 2, student: 'kim-chul-su' },
];
const show = inBrowser();
let identity: Server;

afterAll(async () => {
  await closeAll();
  identity?.closeAllConnections();
  identity?.close();
});

/** The address of a page whose gateway asks for tokens. */
async function guardedPage(): Promise<string> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const env = { AUTH_ISSUER: issuer, AUTH_AUDIENCE: 'lecture', AUTH_PERSON: 'person', AUTH_CLIENT: 'lecture-page' };
  const document = JSON.parse(readFileSync(join(root, 'docs/openapi/lecture.json'), 'utf8')) as object;
  const page = (await pagesOf(['lecture'])).files.lecture;
  const options = { page, document, admission: tokensFrom(env), signIn: signInFrom(env) };
  const { address } = await open(options, ({ path }) => {
    const name = path.includes('/courses') ? 'courses' : 'inquiryMypages';
    return said(200, JSON.stringify({ _embedded: { [name]: name === 'courses' ? [] : ROWS } }));
  });
  identity = identityServer(await provider(issuer, { lecture: { pages: [`${address}/app/`], scopes: [] } }));
  await once(identity.listen(port, '127.0.0.1'), 'listening');
  return `${address}/app/`;
}

test('given an entrance that asks for tokens, when a student signs in, then he sees his own, until he signs out', async () => {
  const address = await guardedPage();
  const page = await show({ locale: 'en-GB' }, [401]);
  await page.goto(`${address}#/my`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'kim-chul-su (student)' }).click();
  await page.getByText('kim-chul-su (student)').waitFor();
  await page.getByRole('region', { name: 'Enrolment 2' }).waitFor();
  expect(await page.getByRole('region').count()).toBe(1);
  expect(await page.getByRole('link', { name: 'Teaching' }).count()).toBe(0);
  expect(page.url()).toBe(`${address}#/my`);
  await page.reload();
  await page.getByText('kim-chul-su (student)').waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: /sign.*out/i }).click();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'A teacher (teacher)' }).click();
  await page.getByRole('link', { name: 'Teaching' }).waitFor();
  expect(await page.getByRole('link', { name: 'My page' }).count()).toBe(0);
});
