import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { parts } from './views.ts';

export const myinsurance = service({ api, policies: () => parts.policies });
