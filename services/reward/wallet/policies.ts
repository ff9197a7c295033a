import { change, create, type Kit, type Policy, whenever } from '../../kit/index.ts';
import { Used } from '../gift/contract.ts';
import { Allocated } from '../reward/contract.ts';
import { exchange, issue, Wallet } from './domain.ts';

export const policies = ({ records }: Kit): Policy[] => [
  whenever(Allocated, (reward) => create(Wallet, reward.id, issue(reward))),

  // Whoever asked for this gift has exchanged the entry by now, unless he died or gave up in between: then this does.
  whenever(Used, async ({ walletId }) => {
    const wallet = await records.get(Wallet, walletId);
    return wallet ? [change(Wallet, wallet.rewardId, exchange)] : [];
  }),
];
