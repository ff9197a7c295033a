import { change, create, type Decision, type Reaction, whenever } from '../../kit/index.ts';
import { Allocated } from '../reward/contract.ts';
import { Exchanged, Issued } from '../wallet/contract.ts';
import { allocated, followed, Reward } from './domain.ts';

/** Of these two the one that fits has its effect: whichever event of a reward comes first makes its record. */
const learn = (rewardId: number, decide: (reward?: Reward) => Decision<Reward> | undefined): Reaction[] => [
  create(Reward, rewardId, () => decide()!),
  change(Reward, rewardId, decide),
];

export const policies = [
  whenever(Allocated, (reward) => learn(reward.id, allocated(reward))),
  whenever(Issued, (entry) => learn(entry.rewardId, followed(entry))),
  whenever(Exchanged, (entry) => learn(entry.rewardId, followed(entry))),
];
