import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';
import { mypage as view } from './views.ts';

export const mypage = service({ api, policies: () => [...policies, ...view.policies] });
