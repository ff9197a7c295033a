import fc from 'fast-check';
import type { DomainEvent, Received } from '../../kit/index.ts';
import { given } from '../../kit/testing/index.ts';
import { achieveMission } from '../mission/domain.ts';
import { allocate } from '../reward/domain.ts';
import { exchange, issue } from '../wallet/domain.ts';
import type { Mypage } from './contract.ts';
import app from './service.ts';

const mission = achieveMission(3, { customerId: 11, status: 'Achieved' });
const allocated = allocate({ id: 3, customerId: 11, status: 'Achieved' })(7);
const issued = issue({ id: 7, customerId: 11, missionId: 3, status: 'RewardAllocated' })(5);
const exchanged = exchange(issued.state!)!;

const received = ([event]: readonly DomainEvent[], version: number): Received => {
  const { type, data } = event!;
  return { id: `${type}-${version}`, type, data, subject: '', version, traceparent: undefined };
};
const achievedEvent = received(mission.events, 1);
const allocatedEvent = received(allocated.events, 1);
const issuedEvent = received(issued.events, 1);
const exchangedEvent = received(exchanged.events, 2);
const all = [achievedEvent, allocatedEvent, issuedEvent, exchangedEvent];

/** The page after these events, on the real kit. */
async function rowAfter(events: readonly Received[]): Promise<Mypage | undefined> {
  const service = await given('reward-mypage', app);
  for (const { id, type, data, version } of events) await service.publish({ id, type, version, data: data as object });
  await service.settle();
  const [first] = await service.rows<Mypage & { _links: unknown }>('/mypages');
  await service.close();
  if (!first) return undefined;
  const { _links: _, ...row } = first;
  return row;
}

const row = { id: 1, missionId: 3, customerId: 11, missionStatus: 'Achieved' };

test.each([
  [[achievedEvent], { rewardId: null, rewardStatus: null }],
  [[achievedEvent, allocatedEvent], { rewardId: 7, rewardStatus: null }],
  [[achievedEvent, allocatedEvent, issuedEvent], { rewardId: 7, rewardStatus: 'Issued' }],
  [all, { rewardId: 7, rewardStatus: 'Exchanged' }],
])(
  'given a mission, when its events come one after the other, then the page shows each step (%#)',
  async (events, fields) => {
    expect(await rowAfter(events)).toEqual({ ...row, ...fields });
  },
);

test('given what the wallet tells, when it comes before the reward is known, then there is no page, and it is not lost', async () => {
  expect(await rowAfter([issuedEvent, exchangedEvent])).toBeUndefined();
  const early = await rowAfter([exchangedEvent, issuedEvent, allocatedEvent]);
  expect(early).toEqual({ ...row, rewardId: 7, rewardStatus: 'Exchanged' });
});

test('given an exchanged reward, when Issued comes late, then it stays Exchanged', async () => {
  const late = await rowAfter([achievedEvent, allocatedEvent, exchangedEvent, issuedEvent]);
  expect(late?.rewardStatus).toBe('Exchanged');
});

test('given the events in any order, any number of times, when all came, then the page is the same', async () => {
  const expected = await rowAfter(all);
  const repeated = fc.array(fc.constantFrom(...all), { maxLength: 4 });
  const order = fc.shuffledSubarray(all, { minLength: all.length });
  const same = fc.asyncProperty(order, repeated, async (shuffled, again) => {
    expect(await rowAfter([...shuffled, ...again])).toEqual(expected);
  });
  await fc.assert(same, { numRuns: 12 });
});
