import { defineService, HALF_FAILED } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/wallets'],
  routes,
  policies,
  calls: {
    'reward-gift': {
      why: "wallet waits at most one second for gift when a customer exchanges a reward. No retry: the customer exchanges again. That one request at a time reaches gift is not a matter of Dapr's breaker (its maxRequests is for the half-open state only) but of gift: see docs/decisions/0010-exchange.md.",
      timeoutMs: 1_000,
      paths: ['/gifts'],
      breaker: HALF_FAILED,
    },
  },
});
