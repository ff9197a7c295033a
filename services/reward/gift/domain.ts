import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import { type GiftRequest, Used } from './contract.ts';

/** The gift for a wallet entry: at most one for each. */
export interface Gift extends Identified {
  readonly rewardId: number | null;
  readonly walletId: number;
  readonly status: 'Exchanged';
}
export const Gift = aggregate<Gift>('Gift', { keyedBy: 'walletId' });

export const recordGift =
  ({ rewardId, walletId, status }: GiftRequest) =>
  (id: number): Decision<Gift> =>
    decided({ id, rewardId, walletId, status }, Used({ id, walletId }));
