import { z } from 'zod';
import { milliseconds, service, wholeNumber } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  CANCEL_DELAY_MS: milliseconds,
  REGISTRATION_PATIENCE: wholeNumber({ min: 1, max: 1000 }),
});
export type Rules = z.output<typeof configuration>;

export const delivery = service({ configuration, api, policies });
