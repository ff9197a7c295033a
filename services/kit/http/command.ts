import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { Command } from '../persistence/records.ts';
import { realContext } from '../runtime/context.ts';
import { requestContext } from '../telemetry/telemetry.ts';
import { canonical } from './json.ts';
import { Problem } from './problem.ts';
import { calledPath } from './resource.ts';

const LONGEST_KEY = 128;
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

/**
 * The command a request is: recognisable by its Idempotency-Key (any text of at most 128 characters), else unique.
 * Its fingerprint is what the request asks for, whatever the order of its fields and parameters.
 */
export function commandOf(request: Request): Command {
  const keys = headersOf(request, 'idempotency-key');
  const key = decodedKey(keys[0] ?? '');
  if (keys.length === 0) return { cause: (requestContext() ?? realContext).id() };
  if (keys.length > 1) throw wrongKey('is there twice; send one');
  if (key === '' || key.length > LONGEST_KEY) throw wrongKey(`must have 1 to ${LONGEST_KEY} characters`);
  const path = `${request.baseUrl}${request.path}`.replace(/(?<=.)\/$/, '');
  const query = request.originalUrl.split('?')[1]?.split('&').sort().join('&') ?? '';
  return {
    cause: `key-${hash(key)}`,
    fingerprint: hash(`${request.method} ${path}?${query} ${canonical(request.body ?? null)}`),
  };
}

/** Every value of a header, which `request.headers` would join to one. */
const headersOf = ({ rawHeaders }: Request, name: string): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);

/** The gateway sends what is not of ASCII as an extended value of RFC 8187, since the sidecar passes no other on. */
function decodedKey(key: string): string {
  if (!/^UTF-8''/i.test(key)) return key;
  try {
    return decodeURIComponent(key.slice(7));
  } catch {
    return key;
  }
}

const wrongKey = (message: string): Problem =>
  new Problem(400, 'Bad Request', `Idempotency-Key ${message}.`, { errors: [{ field: 'Idempotency-Key', message }] });

/** The number in the path; anything else names no record. */
export function idOf(request: Request): number {
  const id = String(request.params.id);
  if (!/^[1-9]\d{0,14}$/.test(id))
    throw new Problem(
      404,
      'Not Found',
      `${calledPath(request)} names no record: the last part must be a positive whole number.`,
    );
  return Number(id);
}
