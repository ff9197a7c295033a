import request from 'supertest';
import { type Beside, beside } from '../../../tests/harness/beside.ts';
import { eventually } from '../../../tests/harness/system.ts';
import wallet from './service.ts';

let service: Beside;
beforeAll(async () => {
  service = await beside('reward-wallet', wallet);
}, 120_000);
afterAll(() => service.close(), 60_000);

/** A number no other run knows of. */
let number = Date.now();

const allocated = (rewardId: number) => ({
  type: 'Allocated',
  data: { id: rewardId, customerId: 11, missionId: 3, status: 'RewardAllocated' },
});

async function entries(rewardId: number): Promise<{ id: number; status: string }[]> {
  const answer = await request(service.app).get(`/wallets/search/findByRewardId?rewardId=${rewardId}`).expect(200);
  return answer.body._embedded.wallets;
}

async function issued(): Promise<{ rewardId: number; id: number }> {
  const rewardId = number++;
  await service.publish(allocated(rewardId));
  const [entry] = await eventually(async () => {
    const found = await entries(rewardId);
    expect(found).toMatchObject([{ rewardId, customerId: 11, status: 'Issued' }]);
    return found;
  });
  return { rewardId, id: entry!.id };
}

const exchange = (id: number) => request(service.app).patch(`/wallets/${id}`).send({ status: 'Exchanged' });

test('given a reward, when it is published several times, by the same event and by others, then there is one entry', async () => {
  const { rewardId } = await issued();
  for (const id of ['a', 'a', 'b']) await service.publish({ ...allocated(rewardId), id: `${id}-${rewardId}` });
  await issued();
  expect(await entries(rewardId)).toHaveLength(1);
});

test('given gift is not there, when a reward is exchanged, then it is refused with when to come back, and stays as it is', async () => {
  const { rewardId, id } = await issued();
  const { body, headers } = await exchange(id).expect(503);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(body.detail).toMatch(/Nothing was changed; please try again/);
  expect(await entries(rewardId)).toMatchObject([{ id, status: 'Issued' }]);
});

test('given gift is away after it had recorded the gift, when the wallet asks again, then the entry is exchanged', async () => {
  const { rewardId, id } = await issued();
  await service.publish({ type: 'Used', data: { id: 1, walletId: id } });
  await eventually(async () => expect(await entries(rewardId)).toMatchObject([{ id, status: 'Exchanged' }]));
  expect((await exchange(id).expect(200)).body).toMatchObject({ id, rewardId, status: 'Exchanged' });
});

test('given a gift for an entry that is not there, when it is published, then what comes after it is not held up', async () => {
  await service.publish({ type: 'Used', data: { id: 2, walletId: 999_999_999 } });
  await issued();
});
