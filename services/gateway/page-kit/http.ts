import { signal } from '@preact/signals';
import { kept } from './kept.ts';

/** A problem (RFC 9457), as every service here answers it. */
export interface Problem {
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  /** `unknown`: it may have been done. */
  readonly outcome?: 'unknown';
  readonly correlationId?: string;
}

/** What came back. Status 0: nothing did. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | undefined;
  /** Seconds after which the service wants to be asked again. */
  readonly retryAfter: number | undefined;
}

interface Asking {
  readonly body?: object | undefined;
  readonly key?: string | undefined;
  readonly etag?: string | undefined;
}

const WAIT_MS = 20_000;

/** The person's token, where the entrance asks for one; it ends with the tab. */
export const token = kept('token', '', () => sessionStorage);
/** The entrance has refused us for want of a token. */
export const isTokenWanted = signal(false);

/**
 * Asks the entrance. Never throws: what does not work is an answer too.
 * @param path below the entrance, without a slash before it; the page itself may be behind any prefix
 */
export async function ask(method: string, path: string, { body, key, etag }: Asking = {}): Promise<Answer> {
  const headers = {
    accept: 'application/json',
    ...(body ? { 'content-type': 'application/json' } : {}),
    ...(key ? { 'idempotency-key': key } : {}),
    ...(etag ? { 'if-none-match': etag } : {}),
    ...(token.peek() ? { authorization: `Bearer ${token.peek()}` } : {}),
  };
  try {
    const response = await fetch(new URL(`../${path}`, document.baseURI), {
      method,
      headers,
      cache: 'no-store',
      signal: AbortSignal.timeout(WAIT_MS),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    isTokenWanted.value = response.status === 401;
    return {
      status: response.status,
      body: await bodyOf(response),
      etag: response.headers.get('etag') ?? undefined,
      retryAfter: secondsIn(response.headers.get('retry-after')),
    };
  } catch {
    return { status: 0, body: {}, etag: undefined, retryAfter: undefined };
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}

/** Retry-After is seconds or a date (RFC 9110, 10.2.3). */
function secondsIn(header: string | null): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : undefined;
}

/** What a refusal says about itself. */
export const problemIn = ({ body }: Answer): Problem => (typeof body === 'object' && body !== null ? body : {});

/** The rows of a collection; none while it is not known. */
export function rowsIn<R>(body: unknown): readonly R[] {
  const { _embedded: embedded = {} } = (body ?? {}) as { _embedded?: Record<string, readonly R[]> };
  return Object.values(embedded)[0] ?? [];
}
