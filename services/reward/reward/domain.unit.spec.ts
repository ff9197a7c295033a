import fc from 'fast-check';
import type { Kit } from '../../kit/index.ts';
import { Exchanged, Issued } from '../wallet/contract.ts';
import { allocate, type Reward, updateStatus } from './domain.ts';
import { policies } from './policies.ts';

const reward = allocate({ id: 3, customerId: 11, status: 'Achieved' })(7).state!;

test('given a mission, when its reward is allocated, then Allocated tells it', () => {
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

test('given an entry of a reward that never was, when it is told, then nobody waits for the reward', async () => {
  const all = policies({ records: { get: async () => undefined } } as unknown as Kit);
  for (const event of [Issued, Exchanged]) {
    const policy = all.find((one) => one.event.type === event.type);
    expect(await policy?.react({ data: { id: 1, rewardId: 99, status: 'Issued' } } as never)).toEqual([]);
  }
});
