import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

/** Where payment and product are: in the original URLs, here app ids, since the sidecar finds the way. */
const address = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be an app id');
const configuration = z.object({ 'api.url.payment': address, 'api.url.product': address });
export type Addresses = z.output<typeof configuration>;

export const proposal = service({ configuration, api, policies: () => policies });
