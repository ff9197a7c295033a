import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { log, Problem, reason } from '../kit/index.ts';
import type { Endpoints } from './admission.ts';

const PATIENCE_MS = 5_000;
/** Larger documents are not read. */
const LARGEST = 256 * 1024;
/** Keys are asked for again after this time; while nobody answers, the old ones hold for `STALE_MS` more. */
const FRESH_MS = 600_000;
const STALE_MS = 3_600_000;
/** A token of an unknown key makes them be asked for again, but not more often than this. */
const UNKNOWN_MS = 30_000;
/** After a failure nobody is asked for so long. */
const PAUSE_MS = 1_000;

const Address = z.url({ protocol: /^https?$/ });
const Metadata = z.object({
  issuer: z.string(),
  jwks_uri: Address,
  authorization_endpoint: Address.optional().catch(undefined),
  token_endpoint: Address.optional().catch(undefined),
});
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** The keys of an authorization server, asked for when they are first needed and kept; new ones are noticed. */
export class Keys {
  private found: { readonly keyOf: JWTVerifyGetKey; readonly at: number; readonly endpoints: Endpoints } | undefined;
  private asking: Promise<void> | undefined;
  private failedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly issuer: string) {}

  /**
   * The key for a token.
   * @throws Problem 503 when the keys are not to be had; anything else is the token's fault
   */
  async find(...token: Parameters<JWTVerifyGetKey>): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    // Who has old keys waits for nobody.
    const asked = this.age > FRESH_MS ? this.ask() : undefined;
    if (!this.found) await asked;
    if (!this.found || this.age > FRESH_MS + STALE_MS)
      throw new Problem(
        503,
        'Service Unavailable',
        'The keys of the authorization server are not to be had, so no token can be checked; please try again in a moment.',
        { retryAfterSeconds: 1 },
      );
    try {
      return await this.found.keyOf(...token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.age < UNKNOWN_MS) throw error;
      await this.ask();
      return await this.found.keyOf(...token);
    }
  }

  /** The keys that were found last, by identity; undefined when it is time to ask for them. */
  get fresh(): object | undefined {
    return this.age > FRESH_MS ? undefined : this.found;
  }

  /** Where clients get tokens; undefined until keys were found. */
  get endpoints(): Endpoints | undefined {
    return this.found?.endpoints;
  }

  private get age(): number {
    return this.found ? since(this.found.at) : Number.POSITIVE_INFINITY;
  }

  /** Asks once for all who wait. */
  private async ask(): Promise<void> {
    if (since(this.failedAt) < PAUSE_MS) return;
    this.asking ??= this.fetchAll()
      .catch((error) => {
        this.failedAt = Date.now();
        log.error('the keys of the authorization server are not to be had', {
          issuer: this.issuer,
          reason: reason(error),
        });
      })
      .finally(() => {
        this.asking = undefined;
      });
    await this.asking;
  }

  private async fetchAll(): Promise<void> {
    const address = `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const metadata = Metadata.parse(await jsonAt(address));
    if (metadata.issuer !== this.issuer)
      throw new Error(
        `AUTH_ISSUER is ${this.issuer}, and ${address} is of ${metadata.issuer}; set it as the server names itself`,
      );
    const set = KeySet.parse(await jsonAt(metadata.jwks_uri));
    const { authorization_endpoint: authorization, token_endpoint: token } = metadata;
    this.found = { keyOf: createLocalJWKSet(set), at: Date.now(), endpoints: { authorization, token } };
  }
}

/** Milliseconds since then; where the clock was set back behind it, how far: what is that old is no longer relied on. */
const since = (at: number): number => Math.abs(Date.now() - at);

/** A JSON document, bounded in size and time. */
async function jsonAt(address: string): Promise<unknown> {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    throw new Error(`${address} answers ${answer.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > LARGEST) throw new Error(`${address} answers more than ${LARGEST} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
