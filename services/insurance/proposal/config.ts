import { z } from 'zod';
import { appId } from '../../kit/domain/index.ts';

/** Where payment and product are: in the original URLs, here app ids, since the sidecar finds the way. */
export const Config = z.object({ 'api.url.payment': appId, 'api.url.product': appId });
export type Config = z.output<typeof Config>;
