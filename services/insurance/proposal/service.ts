import { defineService } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/proposals'],
  routes,
  policies,
  calls: {
    'insurance-payment': {
      why: "The rule on payment (docs/contracts/insurance.md#breaker-payment): two failures in a row open it for 10 s. No window: Dapr forgets the outcome of a call that began in an earlier one, and a call that is cut off lasts longer than the original's 1 s. The original's connection pool is the sidecar's app-max-concurrency of payment in dapr/insurance.yaml, with this time limit: checking a payment may take 1.3 s, whoever would have to wait longer than 2 s is turned away, and when two in a row are, everybody is, at once. No retry: the customer comes again.",
      timeoutMs: 2_000,
      paths: ['/internal', '/payments/chkPayment'],
      breaker: { opensAt: { inRow: 2 }, openMs: 10_000 },
    },
    'insurance-product': {
      why: 'proposal waits at most 5 s for product. No retry and no breaker: the customer comes again.',
      timeoutMs: 5_000,
    },
  },
});
