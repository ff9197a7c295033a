import { z } from 'zod';
import { appId, configKey } from '../../kit/domain/index.ts';

/** Where delivery is: in the original a URL, here its app id, since the sidecar finds the way. */
export const Config = z.object({
  'api.delivery.url': configKey(appId, 'rental-delivery', 'Where rental finds delivery: the app id its sidecar calls.'),
});
export type Config = z.output<typeof Config>;
