import { defineService } from '../../kit/index.ts';
import { routes } from './routes.ts';

export default defineService({ publicPaths: ['/customers'], routes });
