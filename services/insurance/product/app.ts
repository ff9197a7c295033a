import { z } from 'zod';
import { milliseconds, service } from '../../kit/index.ts';
import { api } from './api.ts';
import { enterProducts } from './catalogue.ts';
import { policies } from './policies.ts';

const configuration = z.object({ ISSUE_DELAY_MS: milliseconds });
export type Rules = z.output<typeof configuration>;

export const product = service({ configuration, api, policies, start: enterProducts });
