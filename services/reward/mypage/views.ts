import { from, type Identified, view } from '../../kit/index.ts';
import { MissionAchieved } from '../mission/contract.ts';
import { Allocated } from '../reward/contract.ts';
import { RewardFollowed } from './contract.ts';

/** A mission a customer achieved, and how far its reward is. */
export interface Mypage extends Identified {
  readonly missionId: number;
  readonly customerId: number | null;
  readonly missionStatus: 'Achieved';
  readonly rewardId: number | null;
  /** Null until the reward is in the wallet. */
  readonly rewardStatus: 'Issued' | 'Exchanged' | null;
}

/** A row appears with the first event of its mission, whichever that is. */
export const mypage = view('Mypage', {
  keyedBy: 'missionId',
  uniqueBy: ['rewardId'],
  listBy: ['customerId'],
  from: {
    MissionAchieved: from(MissionAchieved, (mission) => mission.id),
    Allocated: from(Allocated, (reward) => reward.missionId),
    RewardFollowed: from(RewardFollowed, (reward) => reward.missionId),
  },
  row(id, { MissionAchieved: mission, Allocated: allocated, RewardFollowed: reward }): Mypage | undefined {
    const missionId = mission?.id ?? allocated?.missionId ?? reward?.missionId;
    if (missionId === undefined) return undefined;
    return {
      id,
      missionId,
      customerId: (mission ?? allocated ?? reward)?.customerId ?? null,
      missionStatus: 'Achieved',
      rewardId: allocated?.id ?? reward?.rewardId ?? null,
      rewardStatus: reward?.status ?? null,
    };
  },
});
