import { z } from 'zod';
import { appId } from '../../kit/domain/index.ts';

/** Where product is: in the original a URL, here its app id, since the sidecar finds the way. */
export const Config = z.object({ 'api.url.product': appId });
export type Config = z.output<typeof Config>;
