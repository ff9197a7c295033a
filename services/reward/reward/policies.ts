import { change, create, type Kit, NotYet, type Policy, type Reaction, whenever } from '../../kit/index.ts';
import { MissionAchieved } from '../mission/contract.ts';
import { Exchanged, Issued } from '../wallet/contract.ts';
import { allocate, Reward, updateStatus } from './domain.ts';

export const policies = ({ records }: Kit): Policy[] => {
  // The wallet's events name no mission, by which rewards are kept. One of a reward that is not here is deferred.
  const update = async (entry: { rewardId: number; status: Reward['status'] }): Promise<Reaction[]> => {
    const reward = await records.get(Reward, entry.rewardId);
    if (!reward) throw new NotYet(`there is no reward ${entry.rewardId}`);
    return [change(Reward, reward.missionId, updateStatus(entry))];
  };
  return [
    whenever(MissionAchieved, (mission) => create(Reward, mission.id, allocate(mission))),
    whenever(Issued, update),
    whenever(Exchanged, update),
  ];
};
