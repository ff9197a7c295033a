import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { Used } from '../gift/contract.ts';

/** The settlement of a gift: one for each. */
export interface Account extends Identified {
  readonly giftId: number;
  readonly giftStatus: 'Used';
}
export const Account = aggregate<Account>('Account', { keyedBy: 'giftId' });

export const payOut =
  ({ id: giftId }: Used) =>
  (id: number): Decision<Account> =>
    decided({ id, giftId, giftStatus: 'Used' });
