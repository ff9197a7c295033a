import { z } from 'zod';
import { milliseconds, service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  PAY_DELAY_MS: milliseconds,
  PAY_FAILURE: z.enum(['none', 'error', 'hang', 'crash']),
});
export type Trouble = z.output<typeof configuration>;

export const pay = service({ configuration, api, policies: () => policies });
