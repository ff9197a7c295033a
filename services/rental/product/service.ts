import { defineService } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/products'],
  routes,
  policies,
  entrance: {
    why: 'A call to product ends within 610 ms, and when too many take longer it fails fast (docs/contracts/rental.md#scenario-21). The breaker opens only when nearly nothing succeeds.',
    timeoutMs: 610,
    breaker: { opensAt: { percent: 90, ofAtLeast: 20 }, windowMs: 10_000, openMs: 5_000 },
  },
});
