import { z } from 'zod';
import { configKey, decimal } from '../../kit/domain/index.ts';

export const Config = z.object({
  POINT_PERCENT: configKey(decimal({ min: 0, max: 100 }), '1', 'Points of an enrolment, in percent of the fee.'),
});
export type Config = z.output<typeof Config>;
