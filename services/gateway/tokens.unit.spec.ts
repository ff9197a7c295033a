import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { Admission } from './admission.ts';
import { ask, closeAll, expectProblem, open, text } from './testing.ts';
import { tokensFrom } from './tokens.ts';

/** Who is let in, and who is to blame when not (K4, B26). */

const one = await generateKeyPair('ES256');
const two = await generateKeyPair('ES256');
const stranger = await generateKeyPair('ES256');
let server: Server;
let issuer: string;
/** What the authorization server answers. */
let documents: Record<string, unknown>;
let asked = 0;

const setOf = async (...kids: (string | undefined)[]) => ({
  keys: await Promise.all(
    [one, two].slice(0, kids.length).map(async ({ publicKey }, at) => ({
      ...(await exportJWK(publicKey)),
      alg: 'ES256',
      use: 'sig',
      ...(kids[at] ? { kid: kids[at] } : {}),
    })),
  ),
});

beforeEach(async () => {
  asked = 0;
  server = createServer(({ url = '' }, response) => {
    asked++;
    const document = documents[url];
    response.statusCode = document === undefined ? 500 : 200;
    response.end(typeof document === 'string' ? document : JSON.stringify(document));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  documents = {
    '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
    '/keys': await setOf('one', 'two'),
  };
});
afterEach(async () => {
  await closeAll();
  server.closeAllConnections();
  server.close();
});

/** A token that says nothing of who signed it. */
const unsigned = (): string =>
  `Bearer ${[{ alg: 'none', typ: 'at+jwt' }, { iss: issuer, aud: 'lecture', exp: 9_999_999_999 }, '']
    .map((part) => part && Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')}`;

const admission = (scope?: string): Admission =>
  tokensFrom({ AUTH_ISSUER: issuer, AUTH_AUDIENCE: 'lecture', ...(scope ? { AUTH_SCOPE: scope } : {}) }) ??
  (() => Promise.reject(new Error('nobody is asked for a token')));

interface Signing {
  claims?: JWTPayload;
  header?: { typ?: string; kid?: string };
  key?: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  expires?: string | undefined;
}
function bearer({ claims = {}, header = {}, key = one.privateKey, ...rest }: Signing = {}): Promise<string> {
  const { typ = 'at+jwt', kid } = header;
  const token = new SignJWT({ iss: issuer, aud: 'lecture', ...claims }).setProtectedHeader({
    alg: 'ES256',
    ...(typ ? { typ } : {}),
    ...(kid ? { kid } : {}),
  });
  const expires = 'expires' in rest ? rest.expires : '5m';
  return (expires ? token.setExpirationTime(expires) : token).sign(key).then((signed) => `Bearer ${signed}`);
}

/** Does something on a clock that is so many milliseconds ahead; timers go on as they do. */
async function later(ms: number, work: () => Promise<void>): Promise<void> {
  const now = Date.now() + ms;
  jest.useFakeTimers({ now, doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'performance'] });
  try {
    await work();
  } finally {
    jest.useRealTimers();
  }
}

test.each<[what: string, token: () => Promise<string>]>([
  ['an ID token', () => bearer({ header: { typ: 'JWT' } })],
  ['a token without a type', () => bearer({ header: { typ: '' } })],
  ['a logout token', () => bearer({ header: { typ: 'logout+jwt' } })],
  ['a token without an end', () => bearer({ expires: undefined })],
  ['an expired token', () => bearer({ expires: '-1m' })],
  ['a token for somebody else', () => bearer({ claims: { aud: 'academy' } })],
  ['a token of another server', () => bearer({ claims: { iss: 'http://elsewhere.example' } })],
  ['a token of a stranger', () => bearer({ key: stranger.privateKey, header: { kid: 'one' } })],
  ['a token of a stranger without a kid', () => bearer({ key: stranger.privateKey })],
  ['a token of an unknown key', () => bearer({ header: { kid: 'three' } })],
  ['a token of alg none', async () => unsigned()],
  ['a token whose signature is cut off', async () => (await bearer()).replace(/\.[^.]+$/, '.')],
  ['no token', async () => 'Bearer much'],
  ['Basic credentials', async () => 'Basic c3R1ZGVudDpzZWNyZXQ='],
])(
  'given %s, when it is shown, then 401 with a challenge, open to every origin, and nothing goes on',
  async (_, token) => {
    const entrance = await open({ admission: admission() });
    const origin = 'https://page.example';
    const answer = await ask(entrance, text('GET', '/courses', { origin, authorization: await token() }));
    expectProblem(answer, 401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(entrance.asked).toEqual([]);
  },
);

test.each<[what: string, signing: Signing]>([
  ['at+jwt', {}],
  ['application/at+jwt', { header: { typ: 'application/at+jwt' } }],
  ['a kid', { header: { kid: 'one' } }],
  ['the second key', { key: two.privateKey }],
])(
  'given a token with %s and a key set of two, when it is shown, then it is let in, and the token goes on',
  async (_, signing) => {
    const entrance = await open({ admission: admission() });
    const authorization = await bearer(signing);
    expect((await ask(entrance, text('GET', '/courses', { authorization }))).status).toBe(200);
    expect(entrance.asked[0]?.headers.authorization).toBe(authorization);
  },
);

test.each<[what: string, claims: JWTPayload, status: number]>([
  ['scope', { scope: 'openid register' }, 200],
  ['a list of scopes', { scope: ['openid', 'register'] }, 200],
  ['scp', { scp: 'openid register' }, 200],
  ['a list of scp', { scp: ['openid', 'register'] }, 200],
  ['another scope', { scope: 'openid reregister' }, 403],
  ['no scope', {}, 403],
  ['a scope that is no text', { scope: { register: true } }, 403],
])('given a token with %s, when it is shown, then by that', async (_, claims, status) => {
  const entrance = await open({ admission: admission('register') });
  const answer = await ask(entrance, text('GET', '/courses', { authorization: await bearer({ claims }) }));
  if (status === 200) expect(answer.status).toBe(200);
  else {
    expectProblem(answer, 403);
    expect(answer.headers['www-authenticate']).toContain('insufficient_scope');
  }
});

test('given two keys without kid, when tokens of either are shown, then they are let in, and no others', async () => {
  documents['/keys'] = await setOf(undefined, undefined);
  const entrance = await open({ admission: admission() });
  for (const [key, status] of [[one, 200] as const, [two, 200] as const, [stranger, 401] as const]) {
    const authorization = await bearer({ key: key.privateKey });
    expect((await ask(entrance, text('GET', '/courses', { authorization }))).status).toBe(status);
  }
});

test('given the keys were changed a while ago, when a token of the new one is shown, then it is let in', async () => {
  documents['/keys'] = await setOf('one');
  const entrance = await open({ admission: admission() });
  const asking = async (signing: Signing) =>
    (await ask(entrance, text('GET', '/courses', { authorization: await bearer(signing) }))).status;
  const changed = { key: two.privateKey, header: { kid: 'two' } };
  expect([await asking({ header: { kid: 'one' } }), await asking(changed)]).toEqual([200, 401]);
  documents['/keys'] = await setOf('one', 'two');
  await later(31_000, async () => expect(await asking({ ...changed, expires: '2m' })).toBe(200));
});

test.each<[what: string, claims: JWTPayload, env: Record<string, string>, caller: object]>([
  ['roles', { sub: 'kim', roles: ['student'] }, {}, { subject: 'kim', person: 'kim', roles: ['student'] }],
  ['no roles', { sub: 'kim' }, {}, { roles: [] }],
  ['a text of roles', { sub: 'kim', roles: 'student teacher' }, {}, { roles: ['student', 'teacher'] }],
  [
    'roles of Keycloak and a number of the person',
    { sub: 'b7', realm_access: { roles: ['student'] }, student_id: 34 },
    { AUTH_ROLES: 'realm_access.roles', AUTH_PERSON: 'student_id' },
    { subject: 'b7', person: '34', roles: ['student'] },
  ],
  [
    'a role in a name with dots',
    { 'https://x.example/roles': ['a'] },
    { AUTH_ROLES: 'https://x.example/roles' },
    { roles: ['a'] },
  ],
  ['what is no role', { roles: { student: true }, sub: 'kim' }, {}, { roles: [] }],
  ['scopes in a text', { scope: 'a b' }, {}, { scopes: ['a', 'b'] }],
  ['scopes in a list', { scope: ['a', 'b c'] }, {}, { scopes: ['a', 'b', 'c'] }],
  ['scopes in a list under scp', { scp: ['a', 'b'] }, {}, { scopes: ['a', 'b'] }],
  ['what is no scope', { scope: { a: true }, scp: 7 }, {}, { scopes: [] }],
  ['itself as subject', { sub: 'shop', client_id: 'shop' }, {}, { isProgram: true }],
  ['itself as subject, as Auth0 has it', { sub: 'shop@clients', client_id: 'shop' }, {}, { isProgram: true }],
  ['a person as subject', { sub: 'kim', client_id: 'shop' }, {}, { isProgram: false }],
  ['neither client nor subject', { sub: '', client_id: '' }, {}, { isProgram: false }],
  ['no person', { sub: 'kim', student: ['a', 'b'] }, { AUTH_PERSON: 'student' }, { person: '' }],
])('given a token with %s, when it is let in, then it is known whose it is', async (_, claims, env, caller) => {
  const admit = tokensFrom({ AUTH_ISSUER: issuer, AUTH_AUDIENCE: 'lecture', ...env });
  expect(await admit?.(await bearer({ claims }))).toMatchObject(caller);
});

test.each<[what: string, break_: () => void]>([
  [
    'does not answer',
    () => {
      documents = {};
    },
  ],
  [
    'is another one',
    () => {
      documents['/.well-known/openid-configuration'] = { issuer: 'http://x.example', jwks_uri: `${issuer}/keys` };
    },
  ],
  [
    'answers nonsense',
    () => {
      documents['/keys'] = { keys: 'none' };
    },
  ],
  [
    'answers without end',
    () => {
      documents['/keys'] = `{"keys":[],"x":"${'x'.repeat(300_000)}"}`;
    },
  ],
])(
  'given the authorization server %s, when a token is shown, then 503, once it is asked for all; and 200 when it is mended',
  async (_, break_) => {
    const good = { ...documents };
    break_();
    const entrance = await open({ admission: admission() });
    const request = text('GET', '/courses', { authorization: await bearer() });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(entrance, request)));
    for (const answer of answers) {
      expectProblem(answer, 503);
      expect(answer.headers['retry-after']).toBe('1');
    }
    expect(asked).toBeLessThanOrEqual(2);
    documents = good;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await ask(entrance, request)).status).toBe(200);
  },
);

test('given the keys are known, when the authorization server goes away, then tokens are still let in', async () => {
  const entrance = await open({ admission: admission() });
  const request = text('GET', '/courses', { authorization: await bearer() });
  expect((await ask(entrance, request)).status).toBe(200);
  documents = {};
  expect((await ask(entrance, request)).status).toBe(200);
  expect(asked).toBe(2);
});

test('given a token that was let in, when it comes again after its end, then 401', async () => {
  const admit = admission();
  // The first of all finds the keys.
  await admit(await bearer());
  const authorization = await bearer({ expires: '1m', claims: { sub: 'kim' } });
  await admit(authorization);
  await later(59_000, () => expect(admit(authorization)).resolves.toMatchObject({ subject: 'kim' }));
  await later(70_000, () => expect(admit(authorization)).rejects.toMatchObject({ status: 401 }));
});

test('given a token that was let in, when its key is withdrawn, then 401 once the keys were asked for again', async () => {
  const admit = admission();
  await admit(await bearer());
  const authorization = await bearer({ header: { kid: 'one' }, expires: '1h' });
  await admit(authorization);
  documents['/keys'] = { keys: (await setOf('one', 'two')).keys.slice(1) };
  await later(601_000, async () => {
    // Who has old keys waits for nobody: the first is let in, and makes the gateway ask.
    await expect(admit(authorization)).resolves.toBeDefined();
    // Whoever has an unknown key waits for the answer.
    await expect(admit(await bearer({ header: { kid: 'three' } }))).rejects.toMatchObject({ status: 401 });
    await expect(admit(authorization)).rejects.toMatchObject({ status: 401 });
  });
});

test('given a clock that is set back, when a token of a new key is shown, then it is let in', async () => {
  documents['/keys'] = await setOf('one');
  const admit = admission();
  await admit(await bearer());
  documents['/keys'] = await setOf('one', 'two');
  await later(-3_000_000, async () => {
    const authorization = await bearer({ header: { kid: 'two' }, key: two.privateKey });
    await expect(admit(authorization)).resolves.toBeDefined();
  });
});

test('given a token that was let in, when it is shown with another signature, then 401', async () => {
  const admit = admission();
  await admit(await bearer());
  const authorization = await bearer();
  await admit(authorization);
  const [head, claims] = authorization.split('.');
  const [, , signature] = (await bearer({ claims: { sub: 'lee' } })).split('.');
  await expect(admit([head, claims, signature].join('.'))).rejects.toMatchObject({ status: 401 });
});
