import { z } from 'zod';
import { appId, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  /** Where payment is: in the original a URL, here its app id, since the sidecar finds the way. */
  'api.payment.url': appId,
  PAYMENTS_AT_ONCE: wholeNumber({ min: 1, max: 100_000 }),
});
export type Config = z.output<typeof Config>;
