import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

export const mission = service({ api, policies: () => policies });
