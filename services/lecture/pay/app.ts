import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  PAY_DELAY_MS: z.coerce.number().int().min(0),
  PAY_FAILURE: z.enum(['none', 'error', 'hang', 'crash']),
});
export type Trouble = z.output<typeof configuration>;

export const pay = service({ configuration, api, policies: () => policies });
