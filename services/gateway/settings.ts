import { z } from 'zod';
import { wholeNumber } from '../kit/domain/index.ts';
import { LIMITS } from './limits.ts';

const ORIGIN = 'https?:\\/\\/[a-z0-9.-]+(:[0-9]{1,5})?';

/**
 * Keys of the ConfigMap that every gateway reads, and follows while it runs. One that is absent has its default. What is
 * said of each is for operators: helm/madang/config/<system>.yaml derives from it.
 */
export const Settings = z.object({
  GATEWAY_IN_WORK: wholeNumber({ min: 1, max: LIMITS.places })
    .default(LIMITS.places)
    .describe('The gateway: requests of all clients that are in work at the same time; the others wait.'),
  GATEWAY_IN_WORK_PER_ADDRESS: wholeNumber({ min: 1, max: LIMITS.places })
    .default(128)
    .describe('The gateway: requests of one address in work at the same time, while no other has requests.'),
  GATEWAY_IN_WORK_SHARED: wholeNumber({ min: 1, max: LIMITS.places })
    .default(32)
    .describe(
      "The gateway: requests in work that addresses share evenly while several have requests; nobody's part is less than 8.",
    ),
  GATEWAY_QUEUE_MS: wholeNumber({ min: 0, max: 10_000 })
    .default(1_000)
    .describe('The gateway: milliseconds that a request waits at most before it gets 503; 0: it is refused at once.'),
  GATEWAY_RATE_REQUESTS: wholeNumber({ min: 0, max: 1_000_000 })
    .default(0)
    .describe(
      'The gateway: requests that one client (the subject of its token, else its address) may send in GATEWAY_RATE_SECONDS; 0: no limit.',
    ),
  GATEWAY_RATE_SECONDS: wholeNumber({ min: 1, max: 86_400 })
    .default(60)
    .describe('The gateway: seconds in which a client may send GATEWAY_RATE_REQUESTS.'),
  GATEWAY_ORIGINS: z
    .string()
    .regex(new RegExp(`^(\\*|${ORIGIN}([ ,]+${ORIGIN})*)$`), 'must be * or origins such as https://shop.example')
    .default('*')
    .describe(
      'Origins whose pages may call: * for all, or a list such as https://shop.example, http://localhost:3000.',
    ),
});
export type Settings = z.output<typeof Settings>;

/** What holds where nothing is said. */
export const SETTINGS: Settings = Settings.parse({});
