import { from, view } from '../../kit/index.ts';
import { MissionAchieved } from '../mission/contract.ts';
import { Allocated } from '../reward/contract.ts';
import { type Mypage, RewardFollowed } from './contract.ts';

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
