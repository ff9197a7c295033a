import { service } from '../../kit/service.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

export const payment = service({ api, policies: () => policies });
