import { change, type Kit, type Policy, whenever } from '../../kit/index.ts';
import { Allocated } from '../reward/contract.ts';
import { Mission, updateRewardId } from './domain.ts';

/** A mission is stored before it is told, so a reward for one that is not here is for none, and nobody waits for it. */
export const policies = ({ records }: Kit): Policy[] => [
  whenever(Allocated, async (reward) =>
    (await records.get(Mission, reward.missionId)) ? [change(Mission, reward.missionId, updateRewardId(reward))] : [],
  ),
];
