import { z } from 'zod';
import { wholeNumber } from '../kit/domain/index.ts';
import { LIMITS } from './limits.ts';

const ORIGIN = 'https?:\\/\\/[a-z0-9.-]+(:[0-9]{1,5})?';

/** Keys of the ConfigMap that every gateway reads, and follows while it runs. One that is absent has its default. */
export const Settings = z.object({
  /** Requests that are worked at the same time; the others wait. */
  GATEWAY_IN_WORK: wholeNumber({ min: 1, max: LIMITS.places }).default(LIMITS.places),
  /** The same for one address, while no other has requests. */
  GATEWAY_IN_WORK_PER_ADDRESS: wholeNumber({ min: 1, max: LIMITS.places }).default(128),
  /** What addresses share evenly while several have requests; nobody's part is less than 8. */
  GATEWAY_IN_WORK_SHARED: wholeNumber({ min: 1, max: LIMITS.places }).default(32),
  /** Milliseconds that a request waits at most; 0: it is refused at once. */
  GATEWAY_QUEUE_MS: wholeNumber({ min: 0, max: 10_000 }).default(1_000),
  /** Requests of one client in a window of time; 0: there is no such limit. */
  GATEWAY_RATE_REQUESTS: wholeNumber({ min: 0, max: 1_000_000 }).default(0),
  /** Seconds of that window. */
  GATEWAY_RATE_SECONDS: wholeNumber({ min: 1, max: 86_400 }).default(60),
  /** Origins whose pages may call: `*` for all, or a list parted by blanks or commas. */
  GATEWAY_ORIGINS: z
    .string()
    .regex(new RegExp(`^(\\*|${ORIGIN}([ ,]+${ORIGIN})*)$`), 'must be * or origins such as https://shop.example')
    .default('*'),
});
export type Settings = z.output<typeof Settings>;

/** What holds where nothing is said. */
export const SETTINGS: Settings = Settings.parse({});
