import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { Allocated } from '../reward/contract.ts';
import { Exchanged, Issued } from './contract.ts';

/** A reward in its customer's wallet: one entry for each. */
export interface Wallet extends Identified {
  readonly rewardId: number;
  readonly customerId: number | null;
  readonly status: 'Issued' | 'Exchanged';
}
export const Wallet = aggregate<Wallet>('Wallet', { keyedBy: 'rewardId' });

export const issue =
  ({ id: rewardId, customerId }: Allocated) =>
  (id: number): Decision<Wallet> => {
    const wallet = { id, rewardId, customerId, status: 'Issued' } as const;
    return decided(wallet, Issued(wallet));
  };

/** Only once there is a gift for it, see docs/decisions/0010-exchange.md. */
export const exchange = (wallet: Wallet): Decision<Wallet> | undefined => {
  if (wallet.status === 'Exchanged') return undefined;
  const exchanged = { ...wallet, status: 'Exchanged' } as const;
  return decided(exchanged, Exchanged(exchanged));
};

/** A gift that was recorded for an entry before there was one: the entry is exchanged as soon as it is issued. */
export interface EarlyGift extends Identified {
  readonly walletId: number;
}
export const EarlyGift = aggregate<EarlyGift>('EarlyGift', { keyedBy: 'walletId' });
