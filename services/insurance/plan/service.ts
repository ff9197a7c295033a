import { defineService } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/plans'],
  routes,
  policies,
  calls: {
    'insurance-product': {
      why: 'plan waits at most 5 s for product. No retry and no breaker (docs/contracts/insurance.md): the customer tries again.',
      timeoutMs: 5_000,
    },
  },
});
