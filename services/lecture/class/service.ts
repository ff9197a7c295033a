import { defineService, HALF_FAILED } from '../../kit/index.ts';
import { routes } from './routes.ts';
import { myPage } from './views.ts';

export default defineService({
  publicPaths: ['/classes', '/inquiryMypages'],
  routes,
  views: [myPage],
  calls: {
    'lecture-pay': {
      why: 'class waits at most one second for pay. No retry: class undoes what may have reached pay, the client tries again.',
      timeoutMs: 1_000,
      breaker: HALF_FAILED,
    },
  },
});
