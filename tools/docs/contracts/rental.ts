import type { Contract } from '../declared.ts';

export const contract: Contract = {
  about:
    'Office equipment for rent: a product team registers products with a stock, customers order and cancel, deliveries decide by the stock. Every order is taken, whatever happens to the neighbours; a refusal flows back; a cancellation is all or nothing; the stock is exact.',
  outlets: {
    ProductInventoryRegisted: 'nobody in this system',
    ProductRegisted: 'nobody in this system',
  },
  elsewhere: {
    27: 'needs a cluster; `npm run demo:k8s -- redeploy` shows it with lecture',
    28: 'needs a cluster; `npm run demo:k8s -- liveness` shows it with lecture',
    29: 'needs a cluster; `npm run demo:k8s -- autoscale` shows it with lecture',
    30: 'needs a cluster with a mesh',
  },
};
