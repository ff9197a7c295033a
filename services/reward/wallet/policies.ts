import { change, create, decided, type Kit, type Policy, type Reaction, whenever } from '../../kit/index.ts';
import { Used } from '../gift/contract.ts';
import { Allocated } from '../reward/contract.ts';
import { Issued } from './contract.ts';
import { EarlyGift, exchange, issue, Wallet } from './domain.ts';

export const policies = ({ records }: Kit): Policy[] => [
  whenever(Allocated, (reward) => create(Wallet, reward.id, issue(reward))),

  // Wallet asked for this gift and nearly always exchanged the entry by now. If it ended in between, this does it.
  // A client may record a gift for an entry that comes later. The note keeps it, and the entry finds it.
  whenever(Used, async ({ walletId }): Promise<Reaction[]> => {
    let wallet = await records.get(Wallet, walletId);
    if (!wallet) {
      const note = (id: number) => decided<EarlyGift>({ id, walletId });
      await records.create(EarlyGift, { cause: `early-${walletId}` }, note, { key: walletId });
      // The entry may have been issued, and have looked for the note, just before it was there.
      wallet = await records.get(Wallet, walletId);
    }
    return wallet ? [change(Wallet, wallet.rewardId, exchange)] : [];
  }),

  whenever(Issued, async ({ id, rewardId }) => {
    const early = await records.findBy(EarlyGift, 'walletId', String(id));
    return early.map(() => change(Wallet, rewardId, exchange));
  }),
];
