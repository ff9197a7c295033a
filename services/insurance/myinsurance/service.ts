import { defineService } from '../../kit/index.ts';
import { routes } from './routes.ts';
import { parts } from './views.ts';

export default defineService({ publicPaths: ['/mypages'], routes, views: [parts] });
