import type { IncomingMessage } from 'node:http';
import { z } from 'zod';

/** An answer that says in a sentence why there is no other. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

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

/** The body of a request, checked. @throws Refusal */
export async function bodyOf<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 100_000) throw new Refusal(413, 'Too long.');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Not JSON.');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new Refusal(400, z.prettifyError(parsed.error));
  return parsed.data;
}

/** What is asked below /api; it answers JSON, or throws a Refusal. */
export type Route = (request: IncomingMessage, url: URL) => Promise<unknown>;
