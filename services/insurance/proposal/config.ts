import { z } from 'zod';
import { appId, configKey } from '../../kit/domain/index.ts';
import { productAddress } from '../shared/addresses.ts';

/** Where payment and product are: in the original URLs, here app ids, since the sidecar finds the way. */
export const Config = z.object({
  'api.url.payment': configKey(
    appId,
    'insurance-payment',
    'Where proposal finds payment: the app id its sidecar calls.',
  ),
  'api.url.product': productAddress,
});
export type Config = z.output<typeof Config>;
