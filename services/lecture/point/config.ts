import { z } from 'zod';
import { decimal } from '../../kit/domain/index.ts';

export const Config = z.object({ POINT_PERCENT: decimal({ min: 0, max: 100 }) });
export type Config = z.output<typeof Config>;
