import type { Router } from 'express';
import { type Kit, readable, writable } from '../../kit/index.ts';
import { MissionBody } from './contract.ts';
import { achieveMission, Mission } from './domain.ts';

const missions = { kind: Mission, path: 'missions', item: 'mission' };

export const api = ({ records }: Kit): Router[] => [
  readable(records, missions),
  writable(records, missions, { body: MissionBody, create: achieveMission }),
];
