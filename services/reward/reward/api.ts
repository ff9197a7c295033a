import type { Router } from 'express';
import { type Kit, readable } from '../../kit/index.ts';
import { Reward } from './domain.ts';

export const api = ({ records }: Kit): Router[] => [
  readable(records, { kind: Reward, path: 'rewards', item: 'reward' }),
];
