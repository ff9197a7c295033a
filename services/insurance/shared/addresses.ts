import { appId, configKey } from '../../kit/domain/index.ts';

/** Where product is, of whom both plan and proposal ask: in the original a URL, here its app id, since the sidecar finds the way. */
export const productAddress = configKey(
  appId,
  'insurance-product',
  'Where plan and proposal find product: the app id their sidecars call.',
);
