import { defineService } from '../../kit/index.ts';
import { routes } from './routes.ts';
import { myPage } from './views.ts';

export default defineService({ publicPaths: ['/classes', '/inquiryMypages'], routes, views: [myPage] });
