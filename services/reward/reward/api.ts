import type { Router } from 'express';
import { readable } from '../../kit/rest.ts';
import type { Kit } from '../../kit/service.ts';
import { Reward } from './domain.ts';

export const api = ({ records }: Kit): Router[] => [
  readable(records, { kind: Reward, path: 'rewards', item: 'reward' }),
];
