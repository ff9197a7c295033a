import { z } from 'zod';
import { event, integer, positive } from '../../kit/domain/index.ts';

/** Mypage's event to itself: the status of a reward in the wallet, with the mission the reward belongs to. */
export const RewardFollowed = event(
  'RewardFollowed',
  z.object({
    rewardId: positive,
    missionId: positive,
    customerId: integer.nullable(),
    status: z.enum(['Issued', 'Exchanged']),
  }),
);

/** A mission a customer achieved, and how far its reward is. */
export const Mypage = z.object({
  id: integer,
  missionId: integer,
  customerId: integer.nullable(),
  missionStatus: z.literal('Achieved'),
  rewardId: integer.nullable(),
  /** Null until the reward is in the wallet. */
  rewardStatus: z.enum(['Issued', 'Exchanged']).nullable(),
});
export type Mypage = z.output<typeof Mypage>;
