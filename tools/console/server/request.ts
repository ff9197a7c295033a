import type { IncomingMessage } from 'node:http';
import { Refusal } from '../../run/body.ts';

/**
 * Only the console's own page is answered: no name that some web site resolves to an address of ours, no other page.
 * @param isOwn whether this is a name (with its port) by which the console is called
 * @throws Refusal
 */
export function guard({ headers, method }: IncomingMessage, isOwn: (host: string) => boolean): void {
  const { host = '', origin, 'content-type': type } = headers;
  if (!isOwn(host)) throw new Refusal(403, 'This is none of the names by which the console is called.');
  if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate')
    throw new Refusal(403, 'Only for the page of this server.');
  if (method === 'GET') return;
  if (method !== 'POST') throw new Refusal(405, 'Only GET and POST.');
  if (origin !== undefined && origin !== `http://${host}`) throw new Refusal(403, 'Only for the page of this server.');
  if (type?.split(';')[0] !== 'application/json') throw new Refusal(415, 'Send JSON.');
}

/** What is asked below /api; it answers JSON, or throws a Refusal. */
export type Route = (request: IncomingMessage, url: URL) => Promise<unknown>;
