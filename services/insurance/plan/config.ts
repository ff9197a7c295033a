import { z } from 'zod';
import { productAddress } from '../shared/addresses.ts';

export const Config = z.object({ 'api.url.product': productAddress });
export type Config = z.output<typeof Config>;
