import type { Expected } from '../declared.ts';

export const expected: Expected = {
  events: [
    'gift Used',
    'mission MissionAchieved',
    'mypage RewardFollowed',
    'reward Allocated',
    'wallet Exchanged',
    'wallet Issued',
  ],
  outlets: {},
};
