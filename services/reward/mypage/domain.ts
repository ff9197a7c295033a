import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { Allocated } from '../reward/contract.ts';
import { RewardFollowed } from './contract.ts';

/**
 * Joins the mission of a reward (from reward's event) and its status (from wallet's events). Wallet's events name no mission
 * and may come first.
 */
export interface Reward extends Identified {
  readonly rewardId: number;
  readonly mission: Pick<Allocated, 'missionId' | 'customerId'> | null;
  readonly status: 'Issued' | 'Exchanged' | null;
}
export const Reward = aggregate<Reward>('Reward', { numberedBy: 'rewardId' });

/** Publishes RewardFollowed once mission and status are both known. */
const withEvent = (reward: Reward): Decision<Reward> => {
  const { rewardId, mission, status } = reward;
  return mission && status ? decided(reward, RewardFollowed({ rewardId, ...mission, status })) : decided(reward);
};

const unheardOf = (rewardId: number): Reward => ({ id: rewardId, rewardId, mission: null, status: null });

export const allocated =
  ({ id: rewardId, missionId, customerId }: Allocated) =>
  (reward: Reward = unheardOf(rewardId)): Decision<Reward> | undefined =>
    reward.mission ? undefined : withEvent({ ...reward, mission: { missionId, customerId } });

/** Exchanged is final. */
export const followed =
  ({ rewardId, status }: { rewardId: number; status: 'Issued' | 'Exchanged' }) =>
  (reward: Reward = unheardOf(rewardId)): Decision<Reward> | undefined =>
    reward.status === 'Exchanged' || reward.status === status ? undefined : withEvent({ ...reward, status });
