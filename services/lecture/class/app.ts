import { service } from '../../kit/service.ts';
import { api } from './api.ts';
import { myPage } from './views.ts';

export const enrolments = service({ api, policies: () => myPage.policies });
