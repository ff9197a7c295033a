import type { Endpoints } from './admission.ts';
import { outsideFrom } from './public-base.ts';
import { ask, closeAll, expectProblem, open, text } from './testing.ts';

afterEach(closeAll);

const document = { openapi: '3.1.0', info: { title: 'lecture' }, servers: [{ url: '/' }] };

test('given the document of a system, when a client asks for it, then it has the address that he called', async () => {
  const entrance = await open({ document });
  const { status, headers, body } = await ask(entrance, text('GET', '/openapi.json', { host: 'shop.example:8088' }));
  expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json; charset=utf-8' });
  expect(JSON.parse(body)).toEqual({ ...document, servers: [{ url: 'http://shop.example:8088' }] });
  expect(entrance.asked).toEqual([]);
});

test('given an authorization server, when a client asks for the document, then it says where this server gives tokens', async () => {
  const oauth2 = (flows: object) => ({ components: { securitySchemes: { oauth2: { type: 'oauth2', flows } } } });
  const scopes = { 'classes:read': 'See classes.' };
  const made = { ...document, paths: {}, ...oauth2({ authorizationCode: { scopes }, clientCredentials: { scopes } }) };
  const seen = async (endpoints: Endpoints): Promise<unknown> => {
    const caller = { subject: 'kim', person: 'kim', roles: [], scopes: [], isProgram: false };
    const admission = Object.assign(async () => caller, { endpoints: () => endpoints });
    const request = text('GET', '/openapi.json', { host: 'shop.example' });
    return JSON.parse((await ask(await open({ document: made, admission }), request)).body);
  };
  const [authorizationUrl, tokenUrl] = ['https://id.example/auth', 'https://id.example/token'];
  const clientCredentials = { scopes, tokenUrl };
  const described = (flows: object) => ({ ...made, ...oauth2(flows), servers: [{ url: 'http://shop.example' }] });
  expect(await seen({ authorization: authorizationUrl, token: tokenUrl })).toEqual(
    described({ authorizationCode: { scopes, authorizationUrl, tokenUrl }, clientCredentials }),
  );
  expect(await seen({ token: tokenUrl })).toEqual(described({ clientCredentials }));
});

test('given a proxy with a prefix, when a client asks for the document, then the proxy is believed where it is trusted', async () => {
  const answered = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.example', 'x-forwarded-prefix': '/api' };
  const servers = async (env: Record<string, string>): Promise<unknown> => {
    const entrance = await open({ document, outside: outsideFrom(env) });
    const { body } = await ask(entrance, text('GET', '/openapi.json', { host: 'inner:8088', ...answered }));
    return (JSON.parse(body) as { servers: unknown }).servers;
  };
  expect(await servers({ TRUSTED_PROXIES: '127.0.0.0/8' })).toEqual([{ url: 'https://shop.example/api' }]);
  expect(await servers({ TRUSTED_PROXIES: '10.0.0.0/8' })).toEqual([{ url: 'http://inner:8088' }]);
});

test('given the document of a system, when somebody writes to it, then 405 says what it takes', async () => {
  const answer = await ask(await open({ document }), text('DELETE', '/openapi.json'));
  expectProblem(answer, 405);
  expect(answer.headers.allow).toBe('GET, HEAD');
});

test('given a gateway without a document, when a client asks for one, then 404', async () => {
  expectProblem(await ask(await open(), text('GET', '/openapi.json')), 404);
});
