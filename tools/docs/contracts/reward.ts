import type { Contract } from '../declared.ts';

export const contract: Contract = {
  about:
    'A promotion in a game: whoever achieves a mission gets a reward into the wallet and exchanges it there for a gift, which is settled. Missions and rewards are never held up by the gift side; the exchange itself is all or nothing, and gift takes one at a time.',
  events: [
    'gift Used',
    'mission MissionAchieved',
    'mypage RewardFollowed',
    'reward Allocated',
    'wallet Exchanged',
    'wallet Issued',
  ],
  outlets: {},
  scenarios: 36,
  elsewhere: {
    25: 'needs a cluster',
    26: 'needs a cluster',
    27: 'needs a cluster',
    28: 'needs a cluster',
    29: 'needs a cluster',
    30: 'needs a cluster',
    32: 'needs a cluster',
  },
};
