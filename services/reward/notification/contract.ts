import { z } from 'zod';
import { integer } from '../../kit/domain/index.ts';

/** A notification as clients see it: as much as its event says. */
export const NotificationBody = z.object({
  id: integer,
  missionId: integer.nullable(),
  rewardId: integer.nullable(),
  walletId: integer.nullable(),
  status: z.string().nullable(),
  message: z.enum(['MISSION ACHIEVED!', 'REWARD ALLOCATED!', 'WALLET ISSUED!', 'GIFT EXCHANGED!']),
});
