import { change, create, type Kit, type Policy, type Reaction, whenever } from '../../kit/index.ts';
import { MissionAchieved } from '../mission/contract.ts';
import { Exchanged, Issued } from '../wallet/contract.ts';
import { allocate, Reward, updateStatus } from './domain.ts';

export const policies = ({ records }: Kit): Policy[] => {
  // A reward is stored before the wallet hears of it, so one that is not here never was, and nobody waits for it.
  const update = async (entry: { rewardId: number; status: Reward['status'] }): Promise<Reaction[]> => {
    const reward = await records.get(Reward, entry.rewardId);
    return reward ? [change(Reward, reward.missionId, updateStatus(entry))] : [];
  };
  return [
    whenever(MissionAchieved, (mission) => create(Reward, mission.id, allocate(mission))),
    whenever(Issued, update),
    whenever(Exchanged, update),
  ];
};
