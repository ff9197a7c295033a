import { service } from '../../kit/service.ts';
import { api } from './api.ts';

export const customer = service({ api });
