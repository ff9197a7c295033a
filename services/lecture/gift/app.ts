import { z } from 'zod';
import { decimal, service, wholeNumber } from '../../kit/index.ts';
import { api } from './api.ts';
import { policies } from './policies.ts';

const configuration = z.object({
  GIFT_STEP: decimal({ min: 0.01, max: 1_000_000_000 }),
  GIFT_MAXIMUM: wholeNumber({ min: 1, max: 1_000_000_000 }),
});
export type Rules = z.output<typeof configuration>;

export const gift = service({ configuration, api, policies: () => policies });
