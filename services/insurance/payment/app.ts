import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({ PAYMENT_DELAY_MS: z.coerce.number().int().min(0).max(60_000) });
export type Trouble = z.output<typeof configuration>;

export const payment = service({ configuration, api, policies: () => policies });
