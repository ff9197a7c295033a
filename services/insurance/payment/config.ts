import { z } from 'zod';
import { milliseconds } from '../../kit/domain/index.ts';

export const Config = z.object({ PAYMENT_DELAY_MS: milliseconds });
export type Config = z.output<typeof Config>;
