import { defineService } from '../../kit/index.ts';
import { routes } from './routes.ts';
import { myOrder } from './views.ts';

export default defineService({ publicPaths: ['/myOrders'], routes, views: [myOrder] });
