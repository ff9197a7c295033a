import type { Kit, Reaction } from '../../kit/index.ts';
import { Notification } from './domain.ts';
import { policies } from './policies.ts';

const sent: string[] = [];
const notify = async (text: string) => void sent.push(text);

test.each([
  ['MissionAchieved', { id: 3, status: 'Achieved' }, { missionId: 3, message: 'MISSION ACHIEVED!' }],
  ['Allocated', { id: 7, status: 'RewardAllocated' }, { rewardId: 7, message: 'REWARD ALLOCATED!' }],
  ['Issued', { id: 5, status: 'Issued' }, { walletId: 5, status: 'Issued', message: 'WALLET ISSUED!' }],
  ['Exchanged', { id: 5, status: 'Exchanged' }, { walletId: 5, status: 'Exchanged', message: 'GIFT EXCHANGED!' }],
])('given %s, when it is told, then a message is sent, and kept under the event', async (type, data, expected) => {
  const policy = policies({ sidecar: { notify } } as unknown as Kit).find(({ event }) => event.type === type);
  const reaction = (await policy?.react({ id: `${type}-1`, data } as never)) as Reaction;
  expect(reaction).toMatchObject({ kind: Notification, key: `${type}-1`, mode: 'create' });
  const none = { missionId: null, rewardId: null, walletId: null, status: null };
  const state = { id: 1, event: `${type}-1`, ...none, ...expected };
  expect(reaction.decide(undefined as never, 1)).toEqual({ state, events: [] });
  await reaction.before?.();
  expect(sent.at(-1)).toContain(expected.message);
});
