import { z } from 'zod';
import { integer } from '../../kit/domain/index.ts';

/** The settlement of a gift as clients see it. */
export const AccountBody = z.object({ id: integer, giftId: integer, giftStatus: z.literal('Used') });
