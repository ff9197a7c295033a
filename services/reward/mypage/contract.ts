import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';

/** Told by mypage to itself: what the wallet told of a reward, and the mission it belongs to. */
export const RewardFollowed = event(
  'RewardFollowed',
  z.object({
    rewardId: integer,
    missionId: integer,
    customerId: integer.nullable(),
    status: z.enum(['Issued', 'Exchanged']),
  }),
);
