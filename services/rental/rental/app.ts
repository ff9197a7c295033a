import { z } from 'zod';
import { appId, service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

/** Where delivery is: in the original a URL, here its app id, since the sidecar finds the way. */
const configuration = z.object({ 'api.delivery.url': appId });
export type Addresses = z.output<typeof configuration>;

export const rental = service({ configuration, api, policies });
