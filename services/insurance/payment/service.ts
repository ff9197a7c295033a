import { defineService } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({ configuration: Config, publicPaths: ['/payments'], routes, policies, eventsWaitMs: 25 });
