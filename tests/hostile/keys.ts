import { isDeepStrictEqual } from 'node:util';
import { objectOf, pick, type Random } from './http-attacks.ts';
import type { Terrain } from './terrain.ts';

/** One Idempotency-Key for two requests: the same one once more, or another. */
export interface KeyAttack {
  readonly path: string;
  readonly body: string;
  /** Of another request to the same path. */
  readonly other: string;
  readonly again: 'same' | 'other body' | 'DELETE' | 'PATCH';
}

export function keyAttack(random: Random, { bodies }: Terrain): KeyAttack {
  const [path, fields] = pick(random, Object.entries(bodies));
  const [name] = Object.entries(fields).find(([, value]) => /^\d+$/.test(value)) ?? [];
  const other = objectOf(name ? { ...fields, [name]: '7' } : { ...fields, lectureName: '"another"' });
  return { path, body: objectOf(fields), other, again: pick(random, ['same', 'other body', 'DELETE', 'PATCH']) };
}

/** Plays it with a key of its own. @returns the statuses, and what is wrong */
export async function playKey(
  { path, body, other, again }: KeyAttack,
  gateway: string,
  key: string,
): Promise<{ statuses: number[]; fault?: string }> {
  const ask = async (
    method: string,
    url: string,
    sent?: string,
  ): Promise<{ status: number; text: string; self?: string }> => {
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      signal: AbortSignal.timeout(15_000),
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await answer.text();
    const self = /"self":\{"href":"([^"]+)"/.exec(text)?.[1];
    return { status: answer.status, text, ...(self ? { self } : {}) };
  };
  const first = await ask('POST', gateway + path, body);
  if (first.status >= 300) return { statuses: [first.status] };
  const own = first.self ?? gateway + path;
  const second =
    again === 'same'
      ? await ask('POST', gateway + path, body)
      : again === 'other body'
        ? await ask('POST', gateway + path, other)
        : await ask(again, own, again === 'PATCH' ? other : undefined);
  const statuses = [first.status, second.status];
  if (second.status === 503) return { statuses };
  if (again === 'same') {
    const equal = second.status === first.status && isDeepStrictEqual(parsed(second.text), parsed(first.text));
    return equal
      ? { statuses }
      : {
          statuses,
          fault: `the same request under one key is answered ${first.status} ${first.text.slice(0, 200)}, then ${second.status} ${second.text.slice(0, 200)}`,
        };
  }
  // A command that found nothing to do keeps no key.
  return first.status === 201 && second.status < 300
    ? { statuses, fault: `${again} ${own} under the key of POST ${path} is answered ${second.status} instead of 422` }
    : { statuses };
}

/** What an answer says: a store may keep its fields in another order. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
