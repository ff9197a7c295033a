import { defineService, HALF_FAILED } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/rentals', { outside: '/rental/products', inside: '/products' }],
  routes,
  policies,
  calls: {
    'rental-delivery': {
      why: 'rental waits at most 610 ms for delivery when a customer cancels. No retry: the customer cancels again.',
      timeoutMs: 610,
      breaker: HALF_FAILED,
    },
  },
});
