import type { Kit } from '../../kit/index.ts';
import { Allocated } from '../reward/contract.ts';
import { MissionBody } from './contract.ts';
import { achieveMission, type Mission, updateRewardId } from './domain.ts';
import { policies } from './policies.ts';

const achieved = achieveMission(3, { customerId: 11, status: 'Achieved' });
const mission = achieved.state!;
const reward = { id: 7, customerId: 11, missionId: 3, status: 'RewardAllocated' } as const;

test('given a mission, when it is achieved, then it has no reward yet and MissionAchieved tells it', () => {
  expect(achieved).toEqual({
    state: { id: 3, customerId: 11, rewardId: null, status: 'Achieved' },
    events: [{ type: 'MissionAchieved', data: { id: 3, customerId: 11, status: 'Achieved' } }],
  });
});

test('given the literal bodies of the contract, when they are read, then the customer is a number, or nobody', () => {
  expect(MissionBody.parse({ customerId: '11', status: 'Achieved' })).toEqual({ customerId: 11, status: 'Achieved' });
  expect(MissionBody.parse({ costomerId: '2' })).toMatchObject({ customerId: null, status: 'Achieved' });
});

test('given a mission, when its reward is allocated, then it has its number and status; a second one changes nothing', () => {
  const rewarded = updateRewardId(reward)(mission);
  expect(rewarded).toEqual({ state: { ...mission, rewardId: 7, status: 'RewardAllocated' }, events: [] });
  expect(updateRewardId({ ...reward, id: 8 })(rewarded?.state as Mission)).toBeUndefined();
});

test('given a reward for a mission that never was, when it is told, then nobody waits for the mission', async () => {
  const [policy] = policies({ records: { get: async () => undefined } } as unknown as Kit);
  expect(policy?.event).toBe(Allocated);
  expect(await policy?.react({ data: reward } as never)).toEqual([]);
});
