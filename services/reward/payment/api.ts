import type { Router } from 'express';
import { readable } from '../../kit/rest.ts';
import type { Kit } from '../../kit/service.ts';
import { Account } from './domain.ts';

export const api = ({ records }: Kit): Router[] => [
  readable(records, { kind: Account, path: 'accounts', item: 'account' }),
];
