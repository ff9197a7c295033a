import { service } from '../../kit/service.ts';
import { api } from './api.ts';
import { myOrder } from './views.ts';

export const information = service({ api, policies: () => myOrder.policies });
