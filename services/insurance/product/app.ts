import { z } from 'zod';
import { service } from '../../kit/index.ts';
import { api } from './api.ts';
import { enterProducts } from './catalogue.ts';
import { policies } from './policies.ts';

const configuration = z.object({ ISSUE_DELAY_MS: z.coerce.number().int().min(0).max(60_000) });
export type Rules = z.output<typeof configuration>;

export const product = service({ configuration, api, policies, start: enterProducts });
