import { defineService } from '../../kit/index.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';
import { mypage } from './views.ts';

export default defineService({ publicPaths: ['/mypages'], routes, policies, views: [mypage] });
