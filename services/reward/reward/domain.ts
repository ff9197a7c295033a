import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { MissionAchieved } from '../mission/contract.ts';
import { Allocated } from './contract.ts';

const STATUSES = ['RewardAllocated', 'Issued', 'Exchanged'] as const;

/** The reward for a mission: one for each. */
export interface Reward extends Identified {
  readonly missionId: number;
  readonly customerId: number | null;
  readonly status: (typeof STATUSES)[number];
}
export const Reward = aggregate<Reward>('Reward', { keyedBy: 'missionId' });

export const allocate =
  ({ id: missionId, customerId }: MissionAchieved) =>
  (id: number): Decision<Reward> => {
    const reward = { id, missionId, customerId, status: 'RewardAllocated' } as const;
    return decided(reward, Allocated(reward));
  };

/** Follows the wallet, forward only: a late Issued does not bring an exchanged reward back. */
export const updateStatus =
  ({ status }: Pick<Reward, 'status'>) =>
  (reward: Reward): Decision<Reward> | undefined =>
    STATUSES.indexOf(status) > STATUSES.indexOf(reward.status) ? decided({ ...reward, status }) : undefined;
