import { createOrChange, type Decision, type Reaction, whenever } from '../../kit/index.ts';
import { Allocated } from '../reward/contract.ts';
import { Exchanged, Issued } from '../wallet/contract.ts';
import { allocated, followed, Reward } from './domain.ts';

/** Whichever event of a reward comes first makes its record. */
const learn = (rewardId: number, decide: (reward?: Reward) => Decision<Reward> | undefined): Reaction =>
  createOrChange(Reward, rewardId, () => decide(), decide);

export const policies = [
  whenever(Allocated, (reward) => learn(reward.id, allocated(reward))),
  whenever(Issued, (entry) => learn(entry.rewardId, followed(entry))),
  whenever(Exchanged, (entry) => learn(entry.rewardId, followed(entry))),
];
