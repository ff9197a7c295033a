import { service } from '../../kit/index.ts';
import { api } from './api.ts';

export const customer = service({ api });
