import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { myPage } from './views.ts';

export const enrolments = service({ api, policies: () => myPage.policies });
