import { create, whenever } from '../../kit/index.ts';
import { Used } from '../gift/contract.ts';
import { Account, payOut } from './domain.ts';

export const policies = [whenever(Used, (gift) => create(Account, gift.id, payOut(gift)))];
