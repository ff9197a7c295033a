import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { Allocated } from '../reward/contract.ts';
import { MissionAchieved, type MissionRequest } from './contract.ts';

/** A mission a customer achieved, and the reward issued for it. */
export interface Mission extends Identified {
  readonly customerId: number | null;
  readonly rewardId: number | null;
  readonly status: 'Achieved' | 'RewardAllocated';
}
export const Mission = aggregate<Mission>('Mission');

export const achieveMission = (id: number, { customerId, status }: MissionRequest): Decision<Mission> =>
  decided({ id, customerId, rewardId: null, status }, MissionAchieved({ id, customerId, status }));

export const updateRewardId =
  ({ id: rewardId, status }: Allocated) =>
  (mission: Mission): Decision<Mission> | undefined =>
    mission.rewardId === null ? decided({ ...mission, rewardId, status }) : undefined;
