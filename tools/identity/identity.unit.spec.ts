import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ask, closeAll, type Opened, open, said, text } from '../../services/gateway/testing.ts';
import { tokensFrom } from '../../services/gateway/tokens.ts';
import { root } from '../run/paths.ts';
import { provider } from './provider.ts';
import { scopesOf } from './scopes.ts';
import { identityServer } from './server.ts';

/** The real provider for development before the real check of a gateway: what people and programs get from it counts. */

const PAGE = 'http://localhost:8088/app/';
let server: Server;
let issuer: string;

beforeAll(async () => {
  const reserved = createServer().listen(0, '127.0.0.1');
  await once(reserved, 'listening');
  const { port } = reserved.address() as AddressInfo;
  reserved.close();
  issuer = `http://127.0.0.1:${port}`;
  server = identityServer(
    await provider(issuer, {
      lecture: { pages: [PAGE], scopes: await scopesOf('lecture') },
      academy: { pages: ['http://localhost:8181/app/'], scopes: await scopesOf('academy') },
    }),
  );
  await once(server.listen(port, '127.0.0.1'), 'listening');
});
afterEach(closeAll);
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const rows = [
  { id: 1, student: 'hong-gil-sun' },
  { id: 2, student: 'kim-chul-su' },
];

/** A gateway of lecture as `./run up lecture --auth` has it. */
const entrance = (): Promise<Opened> =>
  open(
    {
      admission: tokensFrom({ AUTH_ISSUER: issuer, AUTH_AUDIENCE: 'lecture', AUTH_PERSON: 'person' }),
      document: JSON.parse(readFileSync(join(root, 'docs/openapi/lecture.json'), 'utf8')) as object,
    },
    ({ method }) =>
      method === 'GET' ? said(200, JSON.stringify({ _embedded: { classes: rows } })) : said(201, '{"id":3}'),
  );

async function programToken(system: string, secret = 'madang', scope = ''): Promise<Response> {
  return fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${system}-program:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }),
  });
}

/** A browser: keeps cookies, and follows redirects within the provider. */
class Browser {
  private readonly cookies = new Map<string, string>();

  async go(address: string, form?: Record<string, string>): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(address, {
      redirect: 'manual',
      headers: { cookie },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    const next = response.headers.get('location');
    const to = next && new URL(next, address);
    return to && to.origin === issuer ? this.go(to.href) : response;
  }
}

const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

const authorize = (client: string, more: Record<string, string> = {}): string =>
  `${issuer}/auth?${new URLSearchParams({
    response_type: 'code',
    client_id: client,
    redirect_uri: PAGE,
    scope: 'openid profile',
    state: 's',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  })}`;

/** Signs a person in, as the page does. */
async function signIn(account: string): Promise<Record<'access_token' | 'id_token', string>> {
  const browser = new Browser();
  const choice = await browser.go(authorize('lecture-page'));
  expect(await choice.text()).toContain(`value="${account}"`);
  const back = await browser.go(choice.url, { account });
  const address = new URL(back.headers.get('location') ?? '');
  expect([address.origin + address.pathname, address.searchParams.get('state')]).toEqual([PAGE, 's']);
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { origin: new URL(PAGE).origin },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'lecture-page',
      redirect_uri: PAGE,
      code: address.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }),
  });
  expect(answer.headers.get('access-control-allow-origin')).toBe(new URL(PAGE).origin);
  return (await answer.json()) as Record<'access_token' | 'id_token', string>;
}

const json = { 'content-type': 'application/json' };

test('given client credentials, when a program enrols a student, then it may', async () => {
  const { access_token: token } = (await (await programToken('lecture')).json()) as { access_token: string };
  const body = '{"courseId":1,"student":"anybody"}';
  const request = text('POST', '/classes', { ...json, authorization: `Bearer ${token}` }, body);
  expect(await ask(await entrance(), request)).toMatchObject({ status: 201 });
});

test('given a program that asked for a scope, when it does something else, then 403 names the scope that this needs', async () => {
  const answer = await programToken('lecture', 'madang', 'payments:read payments:forget');
  const { access_token: token, scope } = (await answer.json()) as Record<string, string>;
  expect(scope).toBe('payments:read');
  const unknown = await programToken('lecture', 'madang', 'payments:forget');
  const { access_token: nothing } = (await unknown.json()) as Record<string, string>;
  const gateway = await entrance();
  const asking = (method: string, path: string) =>
    ask(gateway, text(method, path, { authorization: `Bearer ${token}` }));
  expect((await asking('GET', '/payments')).status).toBe(200);
  const refused = await asking('DELETE', '/classes/1');
  expect(refused.status).toBe(403);
  expect(refused.headers['www-authenticate']).toBe('Bearer error="insufficient_scope", scope="classes:write"');
  const powerless = await ask(gateway, text('GET', '/payments', { authorization: `Bearer ${nothing}` }));
  expect(powerless.status).toBe(403);
});

test('given a program with a wrong secret, or of another system, then it comes in nowhere', async () => {
  expect((await programToken('lecture', 'wrong')).status).toBe(401);
  const { access_token: token } = (await (await programToken('academy')).json()) as { access_token: string };
  const request = text('GET', '/classes', { authorization: `Bearer ${token}` });
  expect(await ask(await entrance(), request)).toMatchObject({ status: 401 });
});

test('given a student who signed in, when he looks and acts, then with his own; his ID token is none to come in with', async () => {
  const { access_token: token, id_token: identity } = await signIn('lecture:kim-chul-su');
  const gateway = await entrance();
  const asking = (request: string, headers: Record<string, string>, body = '') =>
    ask(gateway, text(request.split(' ')[0] ?? '', request.split(' ')[1] ?? '', headers, body));
  const bearer = { authorization: `Bearer ${token}` };
  const seen = await asking('GET /classes', bearer);
  expect(JSON.parse(seen.body)._embedded.classes).toEqual([rows[1]]);
  const another = await asking('POST /classes', { ...json, ...bearer }, '{"student":"hong-gil-sun"}');
  expect(another.status).toBe(403);
  expect((await asking('POST /classes', { ...json, ...bearer }, '{"student":"kim-chul-su"}')).status).toBe(201);
  const me = await asking('GET /app/me.json', bearer);
  expect(JSON.parse(me.body)).toEqual({ person: 'kim-chul-su', roles: ['student'] });
  expect((await asking('GET /classes', { authorization: `Bearer ${identity}` })).status).toBe(401);
});

test('given a page that sends no challenge, or leads elsewhere, then nobody signs in there', async () => {
  const browser = new Browser();
  const plain = await browser.go(authorize('lecture-page', { code_challenge: '', code_challenge_method: '' }));
  expect(plain.headers.get('location')).toContain('error=invalid_request');
  const elsewhere = await browser.go(authorize('lecture-page', { redirect_uri: 'http://localhost:9/app/' }));
  expect(elsewhere.status).toBe(400);
});
