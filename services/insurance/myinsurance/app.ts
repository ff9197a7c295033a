import { service } from '../../kit/service.ts';
import { api } from './api.ts';
import { parts } from './views.ts';

export const myinsurance = service({ api, policies: () => parts.policies });
