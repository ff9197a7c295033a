import type { Router } from 'express';
import { type Kit, readable } from '../../kit/index.ts';
import { Point } from './domain.ts';

export const api = ({ records }: Kit): Router[] => [readable(records, { kind: Point, path: 'points', item: 'point' })];
