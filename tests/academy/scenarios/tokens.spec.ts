import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { freePort } from '../../../tools/run/paths.ts';
import { expectProblem, expectTryLater, type Fields } from '../../harness/client.ts';
import { home, processOf, ready } from '../../harness/system.ts';

/** A second gateway beside the sidecar of the first, to which only bearers of a token of an authorization server come in. */

const AUDIENCE = 'academy';
const SCOPE = 'register';
const { privateKey, publicKey } = await generateKeyPair('ES256');
let server: Server;
let gateway: ChildProcess;
let issuer: string;
let address: string;

/** Starts the gateway's program, with the port it will have. */
async function start(env: Record<string, string>) {
  const { daprHttpPort } = await processOf('academy-gateway');
  const port = await freePort();
  const own = { APP_ID: 'academy-gateway', APP_PORT: String(port), DAPR_HTTP_PORT: String(daprHttpPort) };
  const child = spawn('node', [join(home, 'dist/academy-gateway.js')], {
    env: { ...process.env, ...own, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, port, daprHttpPort };
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};

beforeAll(async () => {
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const documents: Record<string, object> = {
    '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
    '/keys': { keys: [key] },
  };
  server = createServer(({ url = '' }, response) => response.end(JSON.stringify(documents[url]))).listen(port);
  const started = await start({ AUTH_ISSUER: issuer, AUTH_AUDIENCE: AUDIENCE, AUTH_SCOPE: SCOPE });
  gateway = started.child;
  await ready(started);
  address = `http://127.0.0.1:${started.port}`;
}, 60_000);
afterAll(async () => {
  await end(gateway);
  server.close();
});

const token = (claims: Fields = {}, from = issuer, key = privateKey, typ = 'at+jwt'): Promise<string> =>
  new SignJWT({ scope: `openid ${SCOPE}`, roles: ['student'], sub: '34034', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'one', typ })
    .setIssuer(from)
    .setAudience((claims.aud as string) ?? AUDIENCE)
    .setExpirationTime((claims.exp as number) ?? '5m')
    .sign(key);

async function ask(method: string, path: string, authorization?: string, body?: object) {
  const answer = await fetch(address + path, {
    method,
    headers: { ...(authorization ? { authorization } : {}), 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Fields, ms: 0 };
}

const request = { lectureId: 1, studentId: 34_034 };
const registrations = async (bearer: string): Promise<unknown> => {
  const path = '/courseRegistrationSystems';
  return (await ask('GET', path, bearer)).body._embedded;
};

test('34. given no token, or one that is not valid, when a student registers, then 401 and nothing is registered', async () => {
  const bearer = `Bearer ${await token()}`;
  const before = await registrations(bearer);
  const stranger = await generateKeyPair('ES256');
  const nobodys = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`;
  const invalid = {
    none: undefined,
    'of another kind': 'Basic c3R1ZGVudDpzZWNyZXQ=',
    'no token at all': 'Bearer much',
    unsigned: `Bearer ${nobodys}`,
    expired: `Bearer ${await token({ exp: Math.floor(Date.now() / 1000) - 60 })}`,
    'of another server': `Bearer ${await token({}, 'http://elsewhere.example')}`,
    'for somebody else': `Bearer ${await token({ aud: 'lecture' })}`,
    'an ID token': `Bearer ${await token({}, issuer, privateKey, 'JWT')}`,
    'signed by a stranger': `Bearer ${await token({}, issuer, stranger.privateKey)}`,
  };
  for (const [what, authorization] of Object.entries(invalid)) {
    const answer = await ask('POST', '/courseRegistrationSystems', authorization, request);
    expect({ what, status: answer.status }).toEqual({ what, status: 401 });
    expectProblem(answer, 401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  }
  expect(await registrations(bearer)).toEqual(before);
});

test('34. given a token that does not permit it, when a student registers, then 403', async () => {
  const answer = await ask(
    'POST',
    '/courseRegistrationSystems',
    `Bearer ${await token({ scope: 'openid reregister' })}`,
    request,
  );
  expectProblem(answer, 403);
  expect(answer.headers.get('www-authenticate')).toContain('insufficient_scope');
});

test('34. given a valid token, when a student registers, then it succeeds', async () => {
  const answer = await ask('POST', '/courseRegistrationSystems', `Bearer ${await token()}`, request);
  expect(answer).toMatchObject({ status: 201, body: request });
});

test('34. given the authorization server was never there, when a student comes, then he is told to try again', async () => {
  const { child, ...at } = await start({ AUTH_ISSUER: 'http://127.0.0.1:9', AUTH_AUDIENCE: AUDIENCE });
  try {
    await ready(at);
    const answer = await fetch(`http://127.0.0.1:${at.port}/lectureSystems`, {
      headers: { authorization: `Bearer ${await token()}` },
    });
    expectTryLater({ status: answer.status, headers: answer.headers, body: (await answer.json()) as Fields, ms: 0 });
  } finally {
    await end(child);
  }
});

test.each<[string, Record<string, string>]>([
  ['AUTH_AUDIENCE', { AUTH_ISSUER: 'https://id.example' }],
  ['AUTH_ISSUER', { AUTH_ISSUER: 'id.example', AUTH_AUDIENCE: AUDIENCE }],
])('34. given %s is wrong, when the gateway starts, then it ends with a sentence that names it', async (name, env) => {
  const { child } = await start(env);
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(said).toContain(name);
  expect(said).not.toMatch(/\bat .+:\d+:\d+/);
});
