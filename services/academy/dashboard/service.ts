import { defineService } from '../../kit/index.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';
import { courseRegistrationStatus } from './views.ts';

export default defineService({
  publicPaths: ['/courseRegistrationStatuses', '/lectureStatuses'],
  routes,
  policies,
  views: [courseRegistrationStatus],
});
