import { change, whenever } from '../../kit/index.ts';
import { Allocated } from '../reward/contract.ts';
import { Mission, updateRewardId } from './domain.ts';

/** An event of a reward whose mission is not there yet is deferred. It holds up no other event. */
export const policies = [whenever(Allocated, (reward) => change(Mission, reward.missionId, updateRewardId(reward)))];
