import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Problem, type SidecarAnswer } from '../kit/index.ts';

/**
 * What services read. Nothing else goes on: the sidecar takes a callee from `dapr-app-id` and from Basic credentials, another
 * way of answering from `accept`, and fails on bytes above 127.
 */
const PASSED_ON = [
  'content-type',
  'content-encoding',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
] as const;

/** What a service may say beside its status and body; the rest is the sidecar's, the connection's or ours. */
const PASSED_BACK = [
  'content-type',
  'content-encoding',
  'content-language',
  'cache-control',
  'etag',
  'last-modified',
  'location',
  'link',
  'allow',
  'retry-after',
  'www-authenticate',
  'deprecation',
  'sunset',
] as const;

const SENDABLE = /^[\t\x20-\x7e]*$/;
const EXTENDED = /^UTF-8''/i;
const ONCE = ['host', 'content-type', 'idempotency-key'];

/**
 * The client's headers that go on to a service.
 * @param isAdmitted the token was checked, and goes on with the request
 * @throws Problem 400 that names the header whose value the sidecar could not pass on
 */
export function passedOn(headers: IncomingHttpHeaders, isAdmitted: boolean): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers[name];
    if (typeof value !== 'string') continue;
    if (name === 'idempotency-key') {
      passed[name] = encodedKey(value);
      continue;
    }
    if (!SENDABLE.test(value))
      throw new Problem(400, 'Bad Request', `The header ${name} has characters that are not of ASCII; leave them out.`);
    passed[name] = value;
  }
  if (isAdmitted && headers.authorization) passed.authorization = headers.authorization;
  const { tracestate } = headers;
  if (headers.traceparent && typeof tracestate === 'string' && /^[\x20-\x7e]{1,512}$/.test(tracestate))
    passed.tracestate = tracestate;
  return passed;
}

/**
 * An Idempotency-Key as the sidecar can pass it on: as it is or, with bytes above 127, as an extended value of RFC 8187,
 * which the service reads back. What looks like one already is encoded, too, so that no two keys become the same.
 */
const encodedKey = (key: string): string =>
  SENDABLE.test(key) && !EXTENDED.test(key) ? key : `UTF-8''${encodeURIComponent(key)}`;

/** Bytes these headers have on the wire. */
export const sizeOf = (headers: Readonly<Record<string, string>>): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);

/**
 * Refuses two headers where one is meant: whoever reads the first and whoever reads the last would not agree.
 * @throws Problem 400 that names it
 */
export function checkOnce({ rawHeaders }: IncomingMessage): void {
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] ?? '';
    if (raw.length !== 4 && raw.length !== 12 && raw.length !== 15) continue;
    const bit = 1 << (ONCE.indexOf(raw.toLowerCase()) + 1);
    if (bit === 1) continue;
    if (seen & bit) throw new Problem(400, 'Bad Request', `There are two headers ${raw.toLowerCase()}; send one.`);
    seen |= bit;
  }
}

/** A service's headers that go back to the client. */
export function passedBack(headers: SidecarAnswer['headers']): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const name of PASSED_BACK) {
    const value = headers[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}
