import { z } from 'zod';
import { appId, configKey, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  /** In the original a URL, here an app id, since the sidecar finds the way. */
  'api.payment.url': configKey(
    appId,
    'academy-payment',
    'Where registration finds payment: the app id its sidecar calls.',
  ),
  PAYMENTS_AT_ONCE: configKey(
    wholeNumber({ min: 1, max: 100_000 }),
    '50',
    'How many students pay at the same time at each replica of registration; the others wait for their turn.',
  ),
});
export type Config = z.output<typeof Config>;
