import { z } from 'zod';
import { appId, service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

/** Where payment and product are: in the original URLs, here app ids, since the sidecar finds the way. */
const configuration = z.object({ 'api.url.payment': appId, 'api.url.product': appId });
export type Addresses = z.output<typeof configuration>;

export const proposal = service({ configuration, api, policies: () => policies });
