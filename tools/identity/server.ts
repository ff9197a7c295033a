import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import { choice, tooLate } from './pages.ts';
import { accountOf, PEOPLE } from './people.ts';
import { systemOf } from './provider.ts';

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
};

/** The provider with its page to sign in; it does not listen yet. */
export function identityServer(provider: Provider): Server {
  const answer = provider.callback();
  const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { params } = await provider.interactionDetails(request, response);
    const system = systemOf(String(params.client_id));
    const account = request.method === 'POST' ? new URLSearchParams(await text(request)).get('account') : undefined;
    const person = PEOPLE[system]?.find((one) => accountOf(system, one) === account);
    if (person)
      await provider.interactionFinished(request, response, { login: { accountId: accountOf(system, person) } });
    else response.writeHead(200, HEADERS).end(choice(system));
  };
  return createServer((request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
    interact(request, response).catch(() => {
      response.writeHead(400, HEADERS).end(tooLate());
    });
  });
}
