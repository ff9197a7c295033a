import type { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../kit/index.ts';
import type { Exchange } from './exchange.ts';

/** How many requests a client may send in how many seconds. */
export interface RateTerms {
  readonly GATEWAY_RATE_REQUESTS: number;
  readonly GATEWAY_RATE_SECONDS: number;
}

/** The name of the policy in the headers. */
const POLICY = '"client"';

/**
 * Counts the requests of each client, and says in every answer what is left (`RateLimit` and `RateLimit-Policy` of
 * draft-ietf-httpapi-ratelimit-headers). Counts are of this process, and begin anew when the terms change.
 */
export class Rate {
  private limiter: RateLimiterMemory | undefined;
  private requests = 0;
  private seconds = 0;

  /**
   * Counts one request.
   * @param client whose it is: `clientOf`
   * @throws Problem 429 when the client has none left
   */
  async count(exchange: Exchange, client: string, terms: RateTerms): Promise<void> {
    const { GATEWAY_RATE_REQUESTS: requests, GATEWAY_RATE_SECONDS: seconds } = terms;
    const limiter = await this.limiterOf(requests, seconds);
    const counted: unknown = await limiter.consume(client).catch((refused: unknown) => refused);
    if (!isCount(counted)) throw counted;
    const reset = Math.max(1, Math.ceil(counted.msBeforeNext / 1_000));
    exchange.headers['ratelimit-policy'] = `${POLICY};q=${requests};w=${seconds}`;
    exchange.headers.ratelimit = `${POLICY};r=${Math.max(0, requests - counted.consumedPoints)};t=${reset}`;
    if (counted.consumedPoints > requests)
      throw new Problem(
        429,
        'Too Many Requests',
        `A client may send ${requests} requests in ${seconds} s. Nothing was changed; please try again in ${reset} s.`,
        { retryAfterSeconds: reset },
      );
  }

  private async limiterOf(requests: number, seconds: number): Promise<RateLimiterMemory> {
    const isCurrent = (): boolean => requests === this.requests && seconds === this.seconds;
    if (this.limiter && isCurrent()) return this.limiter;
    // Loaded when the first request is counted: without a limit it is not in memory.
    const { default: Limiter } = await import('rate-limiter-flexible/lib/RateLimiterMemory.js');
    if (!this.limiter || !isCurrent()) {
      this.limiter = new Limiter({ points: requests, duration: seconds });
      this.requests = requests;
      this.seconds = seconds;
    }
    return this.limiter;
  }
}

/** Who a client is: the subject of its token, which was checked, or else its address. */
export const clientOf = (address: string, subject: string | undefined): string =>
  subject ? `subject ${subject}` : `address ${address}`;

/** The library rejects with the same that it answers with. */
const isCount = (value: unknown): value is RateLimiterRes =>
  typeof value === 'object' && value !== null && 'msBeforeNext' in value && 'consumedPoints' in value;
