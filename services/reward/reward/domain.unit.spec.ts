import fc from 'fast-check';
import { given } from '../../kit/testing/index.ts';
import { allocate, type Reward, updateStatus } from './domain.ts';
import rewards from './service.ts';

const reward = allocate({ id: 3, customerId: 11, status: 'Achieved' })(7).state!;

test('given a mission, when its reward is allocated, then Allocated is published', () => {
  expect(reward).toEqual({ id: 7, missionId: 3, customerId: 11, status: 'RewardAllocated' });
  expect(allocate({ id: 3, customerId: 11, status: 'Achieved' })(7).events).toEqual([
    { type: 'Allocated', data: reward },
  ]);
});

test('given what the wallet tells, in any order and any number of times, when all came, then the status is the furthest', () => {
  const status = fc.constantFrom<Reward['status']>('Issued', 'Exchanged');
  fc.assert(
    fc.property(fc.array(status, { minLength: 1 }), (statuses) => {
      const end = statuses.reduce((before, next) => updateStatus({ status: next })(before)?.state ?? before, reward);
      expect(end.status).toBe(statuses.includes('Exchanged') ? 'Exchanged' : 'Issued');
    }),
  );
});

test('given an entry of a reward that is not there yet, when it is published, then the reward follows it once it is there', async () => {
  const service = await given('reward-reward', rewards);
  await service.publish({ type: 'Exchanged', data: { id: 5, rewardId: 1, status: 'Exchanged' } });
  await service.publish({ type: 'MissionAchieved', data: { id: 3, customerId: 11, status: 'Achieved' } });
  await service.eventually(async () =>
    expect((await service.request('GET', '/rewards/1')).body).toMatchObject({ missionId: 3, status: 'Exchanged' }),
  );
  await service.close();
});
