import { type Given, given, MemoryBackend } from '../../kit/testing/index.ts';
import gift from '../gift/service.ts';
import wallet from './service.ts';

const configuration = {
  'api.url.gift': 'reward-gift',
  GIFT_AT_ONCE: '10',
  GIFT_DELAY_MS: '0',
  GIFT_DELAY_MAXIMUM_MS: '0',
};
const allocated = (id: number) => ({
  type: 'Allocated',
  data: { id, customerId: 11, missionId: id, status: 'RewardAllocated' },
});
const used = (walletId: number) => ({ type: 'Used', data: { id: 1, walletId } });

let service: Given;
let backend: MemoryBackend;
beforeEach(async () => {
  backend = new MemoryBackend({ configuration });
  service = await given('reward-wallet', wallet, { backend });
});
afterEach(() => service.close());

const statusOf = async (id: number): Promise<unknown> => (await service.request('GET', `/wallets/${id}`)).body.status;
const exchanged = () => service.published('Exchanged').map(({ data }) => data.id);

test('given a gift for an entry that is still to come, when the entry is issued long after, then it is exchanged, once', async () => {
  await service.publish(used(1));
  await service.publish(used(1));
  expect((await service.request('GET', '/wallets/1')).status).toBe(404);
  await service.publish(allocated(7));
  await service.eventually(async () => expect(await statusOf(1)).toBe('Exchanged'));
  await service.eventually(() => expect(exchanged()).toEqual([1]));
});

test('given a gift for one entry, when another is issued, then that stays as it is', async () => {
  await service.publish(used(2));
  await service.publish(allocated(7));
  await service.eventually(() => expect(service.published('Issued')).toHaveLength(1));
  await service.settle();
  expect(await statusOf(1)).toBe('Issued');
});

test('given an entry whose customer never came back, when its gift is published, then it is exchanged by the gift', async () => {
  await service.publish(allocated(7));
  await service.eventually(async () => expect(await statusOf(1)).toBe('Issued'));
  await service.publish(used(1));
  await service.eventually(async () => expect(await statusOf(1)).toBe('Exchanged'));
});

test('given a key that exchanged one entry, when it comes for another, then that is refused and no gift is asked for', async () => {
  const gifts = await given('reward-gift', gift, { backend });
  await service.publish(allocated(7));
  await service.publish(allocated(8));
  await service.eventually(async () => expect(await statusOf(2)).toBe('Issued'));
  const exchange = (id: number) =>
    service.request('PATCH', `/wallets/${id}`, { status: 'Exchanged' }, { 'idempotency-key': 'k' });
  const [first, second, other] = [await exchange(1), await exchange(1), await exchange(2)];
  expect([first.status, second.status, other.status]).toEqual([200, 200, 422]);
  expect(second.body).toEqual(first.body);
  expect(await gifts.rows('/gifts')).toMatchObject([{ walletId: 1 }]);
  await gifts.close();
});
