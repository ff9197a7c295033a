import type { Router } from 'express';
import { type Kit, readable } from '../../kit/index.ts';
import { Account } from './domain.ts';

export const api = ({ records }: Kit): Router[] => [
  readable(records, { kind: Account, path: 'accounts', item: 'account' }),
];
