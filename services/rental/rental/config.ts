import { z } from 'zod';
import { appId } from '../../kit/domain/index.ts';

/** Where delivery is: in the original a URL, here its app id, since the sidecar finds the way. */
export const Config = z.object({ 'api.delivery.url': appId });
export type Config = z.output<typeof Config>;
