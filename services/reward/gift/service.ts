import { defineService } from '../../kit/index.ts';
import { Config } from './config.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/gifts'],
  routes,
  entrance: {
    why: 'Gift itself lets one request at a time through and refuses the others at once (GIFT_AT_ONCE, which is the limit of docs/contracts/reward.md#limit-gift); when nearly all are refused, the breaker keeps them away from it for a second.',
    timeoutMs: 10_000,
    breaker: { opensAt: { percent: 90, ofAtLeast: 20 }, windowMs: 10_000, openMs: 1_000 },
  },
});
