import { z } from 'zod';
import { configKey } from '../../kit/domain/index.ts';

export const Config = z.object({
  'alarm.prefix': configKey(z.string().max(100), 'Hello', 'What every message to a customer begins with.'),
});
export type Config = z.output<typeof Config>;
