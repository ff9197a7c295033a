import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({ 'alarm.prefix': z.string().max(100) });
export type Wording = z.output<typeof configuration>;

export const alarm = service({ configuration, api, policies });
