import { readable, writable } from '../../kit/index.ts';
import { MissionAnswer, MissionBody } from './contract.ts';
import { achieveMission, Mission } from './domain.ts';

const missions = { kind: Mission, path: 'missions', item: 'mission', answer: MissionAnswer };

export const routes = [readable(missions), writable(missions, { body: MissionBody, create: achieveMission })];
