import { defineService, HALF_FAILED } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/courseRegistrationSystems', '/courseRegistrationSystem'],
  // The contract's transcripts have the path in the singular; it means the same.
  aliases: { '/courseRegistrationSystem': '/courseRegistrationSystems' },
  routes,
  policies,
  calls: {
    'academy-payment': {
      why: 'registration waits at most 610 ms for payment. No retry: it undoes what may have reached payment, the student tries again. `retry: payment` under academy-payment has the sidecar try again instead; the student may wait three times as long.',
      timeoutMs: 610,
      breaker: HALF_FAILED,
      retry: { pauseMs: 20, most: 2, inForce: false },
    },
  },
});
