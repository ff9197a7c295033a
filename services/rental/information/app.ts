import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { myOrder } from './views.ts';

export const information = service({ api, policies: () => myOrder.policies });
