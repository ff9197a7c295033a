import { given } from '../../kit/testing/index.ts';
import notification from './service.ts';

test.each([
  ['MissionAchieved', { id: 3, customerId: 11, status: 'Achieved' }, { missionId: 3, message: 'MISSION ACHIEVED!' }],
  [
    'Allocated',
    { id: 7, customerId: 11, missionId: 3, status: 'RewardAllocated' },
    { rewardId: 7, message: 'REWARD ALLOCATED!' },
  ],
  [
    'Issued',
    { id: 5, rewardId: 7, customerId: 11, status: 'Issued' },
    { walletId: 5, status: 'Issued', message: 'WALLET ISSUED!' },
  ],
  [
    'Exchanged',
    { id: 5, rewardId: 7, status: 'Exchanged' },
    { walletId: 5, status: 'Exchanged', message: 'GIFT EXCHANGED!' },
  ],
])(
  'given %s, when it is published twice, then there is one notification that shows what it is about',
  async (type, data, expected) => {
    const service = await given('reward-notification', notification);
    for (let times = 0; times < 2; times++) await service.publish({ type, data, id: 'e1' });
    const none = { missionId: null, rewardId: null, walletId: null, status: null };
    const _links = expect.anything();
    expect(await service.rows('/notifications')).toEqual([{ id: 1, ...none, ...expected, _links }]);
    await service.close();
  },
);

test('given a store that took no writes, when it takes them again, then an event that came again and again is sent once', async () => {
  let refuses = false;
  const service = await given('reward-notification', notification, {
    messenger: 'bindings.http',
    before: ({ kind }) => {
      if (kind === 'state-write' && refuses) throw new Error('read-only');
      return undefined;
    },
  });
  const event = { type: 'Issued', data: { id: 5, rewardId: 7, customerId: 11, status: 'Issued' }, id: 'e1' };
  refuses = true;
  service.put(event);
  await service.backend.deliver('reward-notification');
  await service.backend.deliver('reward-notification');
  expect(service.backend.notices).toEqual([]);
  refuses = false;
  await service.publish(event);
  await service.eventually(() => expect(service.backend.notices).toHaveLength(1));
  await service.close();
});
