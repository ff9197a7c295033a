import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

export const payment = service({ api, policies: () => policies });
