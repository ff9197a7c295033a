import { z } from 'zod';
import { appId, service, wholeNumber } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  /** Where payment is: in the original a URL, here its app id, since the sidecar finds the way. */
  'api.payment.url': appId,
  PAYMENTS_AT_ONCE: wholeNumber({ min: 1, max: 100_000 }),
});
export type Addresses = z.output<typeof configuration>;

export const registration = service({ configuration, api, policies });
