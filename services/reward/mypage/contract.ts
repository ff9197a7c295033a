import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';

/** Mypage's event to itself: the status of a reward in the wallet, with the mission the reward belongs to. */
export const RewardFollowed = event(
  'RewardFollowed',
  z.object({
    rewardId: integer,
    missionId: integer,
    customerId: integer.nullable(),
    status: z.enum(['Issued', 'Exchanged']),
  }),
);
