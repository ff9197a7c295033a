import { z } from 'zod';
import { appId, configKey } from '../../kit/domain/index.ts';

/** Where gift is: in the original a URL, here its app id, since the sidecar finds the way. */
export const Config = z.object({
  'api.url.gift': configKey(appId, 'reward-gift', 'Where wallet finds gift: the app id its sidecar calls.'),
});
export type Config = z.output<typeof Config>;
