import { z } from 'zod';

export const Config = z.object({ 'alarm.prefix': z.string().max(100) });
export type Config = z.output<typeof Config>;
