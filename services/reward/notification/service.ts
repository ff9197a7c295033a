import { defineService } from '../../kit/index.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({ publicPaths: ['/notifications'], routes, policies, eventsWaitMs: 25 });
