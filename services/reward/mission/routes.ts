import { readable, writable } from '../../kit/index.ts';
import { MissionAnswer, MissionBody } from './contract.ts';
import { achieveMission, Mission } from './domain.ts';

const missions = { kind: Mission, path: 'missions', item: 'mission', answer: MissionAnswer };

const access = { player: { own: 'customerId' } } as const;

export const routes = [
  readable(missions, { access }),
  writable(missions, { body: MissionBody, create: achieveMission, access }),
];
