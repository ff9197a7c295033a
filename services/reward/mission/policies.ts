import { change, whenever } from '../../kit/index.ts';
import { Allocated } from '../reward/contract.ts';
import { Mission, updateRewardId } from './domain.ts';

/** A reward whose mission is not here yet is deferred: nobody waits for it, and nothing of it is lost. */
export const policies = [whenever(Allocated, (reward) => change(Mission, reward.missionId, updateRewardId(reward)))];
