import { defineService, HALF_FAILED } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/points'],
  routes,
  policies,
  calls: {
    'lecture-gift': {
      why: 'point waits at most one second for gift. No retry: the client tries again.',
      timeoutMs: 1_000,
      breaker: HALF_FAILED,
    },
  },
});
