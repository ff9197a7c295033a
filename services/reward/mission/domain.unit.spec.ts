import { given } from '../../kit/testing/index.ts';
import { MissionBody } from './contract.ts';
import { achieveMission, type Mission, updateRewardId } from './domain.ts';
import missions from './service.ts';

const achieved = achieveMission(3, { customerId: 11, status: 'Achieved' });
const mission = achieved.state!;
const reward = { id: 7, customerId: 11, missionId: 3, status: 'RewardAllocated' } as const;

test('given a mission, when it is achieved, then it has no reward yet and MissionAchieved is published', () => {
  expect(achieved).toEqual({
    state: { id: 3, customerId: 11, rewardId: null, status: 'Achieved' },
    events: [{ type: 'MissionAchieved', data: { id: 3, customerId: 11, status: 'Achieved' } }],
  });
});

test('given the requests of scenarios 1 and 12, when they are read, then the customer is a number, or nobody', () => {
  expect(MissionBody.parse({ customerId: '11', status: 'Achieved' })).toEqual({ customerId: 11, status: 'Achieved' });
  expect(MissionBody.parse({ costomerId: '2' })).toMatchObject({ customerId: null, status: 'Achieved' });
});

test('given a mission, when its reward is allocated, then it has its number and status; a second one changes nothing', () => {
  const rewarded = updateRewardId(reward)(mission);
  expect(rewarded).toEqual({ state: { ...mission, rewardId: 7, status: 'RewardAllocated' }, events: [] });
  expect(updateRewardId({ ...reward, id: 8 })(rewarded?.state as Mission)).toBeUndefined();
});

test('given a reward whose mission is not there yet, when it is published, then it is kept for later', async () => {
  const service = await given('reward-mission', missions);
  await service.publish({ type: 'Allocated', data: { ...reward, missionId: 2 } });
  await service.request('POST', '/missions', { customerId: 11 });
  await service.publish({ type: 'Allocated', data: { ...reward, id: 8, missionId: 1 } });
  expect((await service.request('GET', '/missions/1')).body).toMatchObject({ rewardId: 8, status: 'RewardAllocated' });
  await service.request('POST', '/missions', { customerId: 12 });
  await service.eventually(async () =>
    expect((await service.request('GET', '/missions/2')).body).toMatchObject({ rewardId: 7 }),
  );
  await service.close();
});
