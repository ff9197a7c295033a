import { readable } from '../../kit/index.ts';
import { AccountBody } from './contract.ts';
import { Account } from './domain.ts';

export const routes = readable({ kind: Account, path: 'accounts', item: 'account', answer: AccountBody });
