import { z } from 'zod';
import { milliseconds, service, wholeNumber } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  DEFAULT_QUANTITY: wholeNumber({ min: 0, max: 1_000_000 }),
  REGISTRATION_DELAY_MS: milliseconds,
  REGISTRATION_DELAY_MAXIMUM_MS: milliseconds,
});
export type Rules = z.output<typeof configuration>;

export const product = service({ configuration, api, policies: () => policies });
