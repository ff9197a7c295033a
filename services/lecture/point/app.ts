import { z } from 'zod';
import { decimal, service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({ POINT_PERCENT: decimal({ min: 0, max: 100 }) });
export type Rules = z.output<typeof configuration>;

export const point = service({ configuration, api, policies });
