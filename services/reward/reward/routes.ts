import { readable } from '../../kit/index.ts';
import { RewardBody } from './contract.ts';
import { Reward } from './domain.ts';

export const routes = readable(
  { kind: Reward, path: 'rewards', item: 'reward', answer: RewardBody },
  { access: { player: { own: 'customerId' } } },
);
