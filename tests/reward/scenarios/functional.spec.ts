import { expectProblem, rows } from '../../harness/client.ts';
import { eventually, processOf } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import {
  achieve,
  call,
  customer,
  entry,
  exchange,
  exchanged,
  GW,
  get,
  insist,
  issued,
  one,
  recordsOf,
} from '../client.ts';

const topic = followed('reward');

/** The events of a type about a record, each once however often it was published. */
function published(type: string, field: string, id: unknown): Record<string, unknown>[] {
  const about = topic.published.filter(({ event }) => event.type === type && event.data[field] === id);
  return [...new Map(about.map(({ event }) => [event.id, event.data])).values()];
}

describe('from the mission to the wallet', () => {
  test('1. given a system, when a mission is achieved, its customer sent as a text, then 201 with a number, and no reward yet', async () => {
    const answer = await call('POST', '/missions', { customerId: '11', status: 'Achieved' });
    const self = `${GW}/missions/${answer.body.id}`;
    const body = { customerId: 11, status: 'Achieved', rewardId: null, _links: { self: { href: self } } };
    expect(answer).toMatchObject({ status: 201, body });
    expect(answer.headers.get('location')).toBe(self);
    const next = await call('POST', '/missions', { customerId: 11 });
    expect(next).toMatchObject({ status: 201, body: { status: 'Achieved' } });
    expect(next.body.id as number).toBeGreaterThan(answer.body.id as number);
  });

  test('2-4, 8. given a mission achieved, when its reward is issued, then mission, reward, wallet and my page show it', async () => {
    const customerId = customer();
    const { mission, reward, wallet, mypage } = await issued(await achieve(customerId));
    expect((await get(`/rewards/${reward?.id}`)).body).toEqual(reward);
    expect((await get(`/wallets/${wallet?.id}`)).body).toEqual(wallet);
    expect((await get(`/mypages/${mypage?.id}`)).body).toEqual(mypage);
    const fields = (record: object | undefined) => Object.keys(record ?? {}).sort();
    expect(fields(mission)).toEqual(['_links', 'customerId', 'id', 'rewardId', 'status']);
    expect(fields(reward)).toEqual(['_links', 'customerId', 'id', 'missionId', 'status']);
    expect(fields(wallet)).toEqual(['_links', 'customerId', 'id', 'rewardId', 'status']);
    expect(fields(mypage)).toEqual([
      '_links',
      'customerId',
      'id',
      'missionId',
      'missionStatus',
      'rewardId',
      'rewardStatus',
    ]);
    const told1 = { customerId, eventType: expect.any(String), timestamp: expect.stringMatching(/^\d{14}$/) };
    await eventually(() => {
      const [id, rewardId, walletId] = [mission?.id, reward?.id, wallet?.id];
      expect(published('MissionAchieved', 'id', id)).toEqual([{ ...told1, id, status: 'Achieved' }]);
      const allocated = { ...told1, id: rewardId, missionId: id, status: 'RewardAllocated' };
      expect(published('Allocated', 'missionId', id)).toEqual([allocated]);
      expect(published('Issued', 'rewardId', rewardId)).toEqual([
        { ...told1, id: walletId, rewardId, status: 'Issued' },
      ]);
    });
  });

  test('8. given a customer with several missions, when his pages are searched, then customer, mission and reward find them', async () => {
    const customerId = customer();
    const missions = await Promise.all(Array.from({ length: 3 }, () => achieve(customerId)));
    const pages = await Promise.all(missions.map(async (id) => (await issued(id)).mypage));
    const found = await get(`/mypages/search/findByCustomerId?customerId=${customerId}`);
    expect(rows(found)).toHaveLength(3);
    expect(rows(found)).toEqual(expect.arrayContaining(pages));
    for (const page of pages) {
      expect(await one(`/mypages/search/findByRewardId?rewardId=${page?.rewardId}`)).toEqual(page);
      expect(await one(`/mypages/search/findByMissionId?missionId=${page?.missionId}`)).toEqual(page);
    }
    expect(rows(await get('/mypages'))).toEqual(expect.arrayContaining(pages));
  });
});

describe('from the wallet to the gift', () => {
  test('5-8. given a reward in the wallet, when it is exchanged, then there is one gift with one account, and all show it', async () => {
    const { missionId, walletId, rewardId } = await entry();
    const before = await recordsOf(missionId);
    expect(await exchange(walletId)).toMatchObject({ status: 200, body: { ...before.wallet, status: 'Exchanged' } });
    expect((await get(`/wallets/${walletId}`)).body.status).toBe('Exchanged');
    const { mission, gift, account, mypage } = await exchanged(missionId);
    expect(mission).toEqual(before.mission);
    expect(mypage).toEqual({ ...before.mypage, rewardStatus: 'Exchanged' });
    expect((await get(`/gifts/${gift?.id}`)).body).toEqual(gift);
    expect((await get(`/accounts/${account?.id}`)).body).toEqual(account);
    const envelope = { eventType: expect.any(String), timestamp: expect.any(String) };
    await eventually(() => {
      const exchange = { ...envelope, id: walletId, rewardId, status: 'Exchanged' };
      expect(published('Exchanged', 'id', walletId)).toEqual([exchange]);
      expect(published('Used', 'walletId', walletId)).toEqual([{ ...envelope, id: gift?.id, walletId }]);
    });
  });

  test('9. given an exchanged reward, when it is exchanged again, once or many times at once, then 200 and still one gift', async () => {
    const { missionId, walletId } = await entry();
    await insist(walletId);
    const before = await exchanged(missionId);
    expect(await exchange(walletId)).toMatchObject({ status: 200, body: before.wallet });
    const again = await Promise.all(Array.from({ length: 10 }, () => exchange(walletId)));
    expect(again.map(({ status, body }) => ({ status, body }))).toEqual(
      again.map(() => ({ status: 200, body: before.wallet })),
    );
    expect(await recordsOf(missionId)).toEqual(before);
    expect(published('Exchanged', 'id', walletId)).toHaveLength(1);
  });

  test('9. given a reward in the wallet, when ten exchange it at once, then there is one gift', async () => {
    const { missionId, walletId } = await entry();
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(walletId)));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    for (const { status } of answers) expect([200, 503]).toContain(status);
    await exchanged(missionId);
    expect(published('Used', 'walletId', walletId)).toHaveLength(1);
    expect(published('Exchanged', 'id', walletId)).toHaveLength(1);
  });

  test('9. given an Idempotency-Key, when the exchange comes again with it, then the answer is the same', async () => {
    const { walletId } = await entry();
    const key = { 'idempotency-key': `key-${walletId}-${customer()}` };
    const body = { status: 'Exchanged' };
    const first = await eventually(async () => {
      const answer = await call('PATCH', `/wallets/${walletId}`, body, key);
      expect(answer.status).toBe(200);
      return answer;
    });
    expect(await call('PATCH', `/wallets/${walletId}`, body, key)).toMatchObject({ status: 200, body: first.body });
  });

  test('11. given three customers whose rewards are issued at once, when the second exchanges, then only his records change', async () => {
    const missions = await Promise.all([customer(), customer(), customer()].map((id) => achieve(id)));
    const before = await Promise.all(missions.map((id) => issued(id)));
    await insist(before[1]?.wallet?.id as number);
    await exchanged(missions[1]!);
    for (const other of [0, 2]) expect(await recordsOf(missions[other]!)).toEqual(before[other]);
  });

  test('33. given a reward in the wallet, when something else of the entry is sent, then nothing changes or is published', async () => {
    const { missionId, walletId } = await entry();
    const before = await recordsOf(missionId);
    for (const body of [{ customerId: 99 }, { rewardId: 7 }, {}, { colour: 'red' }])
      expect(await call('PATCH', `/wallets/${walletId}`, body)).toMatchObject({ status: 200, body: before.wallet });
    await issued(await achieve());
    expect(await recordsOf(missionId)).toEqual(before);
    expect(published('Exchanged', 'id', walletId)).toEqual([]);
  });

  test('22. given a gift with the full stop of the original, when it is recorded twice, then both answers are the same gift', async () => {
    const walletId = 1e12 + customer();
    const request = { id: null, rewardId: null, walletId: String(walletId), status: 'Exchanged.' };
    const first = await eventually(async () => {
      const answer = await call('POST', '/gifts', request);
      expect(answer).toMatchObject({ status: 201, body: { walletId, rewardId: null, status: 'Exchanged' } });
      return answer;
    });
    const second = await eventually(async () => {
      const answer = await call('POST', '/gifts', { walletId, rewardId: 4 });
      expect(answer.status).toBe(201);
      return answer;
    });
    expect(second.body).toEqual(first.body);
    await eventually(async () =>
      expect(await one(`/accounts/search/findByGiftId?giftId=${first.body.id}`)).toMatchObject({ giftStatus: 'Used' }),
    );
    expect(published('Used', 'walletId', walletId)).toHaveLength(1);
  });
});

test('36. given notification runs, when a mission is achieved and its reward exchanged, then there are four notifications', async () => {
  const { missionId, walletId, rewardId } = await entry();
  await insist(walletId);
  const none = { missionId: null, rewardId: null, walletId: null, status: null };
  const expected = [
    { ...none, missionId, message: 'MISSION ACHIEVED!' },
    { ...none, rewardId, message: 'REWARD ALLOCATED!' },
    { ...none, walletId, status: 'Issued', message: 'WALLET ISSUED!' },
    { ...none, walletId, status: 'Exchanged', message: 'GIFT EXCHANGED!' },
  ];
  await eventually(async () => {
    const newest = rows(await get('/notifications?sort=id,desc&size=100'));
    const about = newest
      .map(({ id, _links, ...notification }) => notification)
      .filter((one) => one.missionId === missionId || one.rewardId === rewardId || one.walletId === walletId);
    expect(about).toHaveLength(4);
    expect(about).toEqual(expect.arrayContaining(expected));
  });
});

test('24. given one address, when each path is asked for, then its service answers, and nothing internal does', async () => {
  const { body } = await get('/');
  const paths = ['missions', 'rewards', 'wallets', 'gifts', 'mypages', 'notifications', 'accounts'];
  expect(Object.keys(body._links as object)).toEqual(paths);
  for (const path of paths) expect((await eventually(() => get(`/${path}?size=1`))).status).toBe(200);
  expectProblem(await get('/deadletters'), 404);
});

test('31. given one system, when its stores are looked at, then payment has another kind, which the rest cannot see', async () => {
  const store = async (service: string): Promise<{ name: string; type: string }[]> => {
    const { daprHttpPort } = await processOf(`reward-${service}`);
    const answer = await fetch(`http://127.0.0.1:${daprHttpPort}/v1.0/metadata`);
    const { components } = (await answer.json()) as { components: { name: string; type: string }[] };
    return components.filter(({ type }) => type.startsWith('state.')).map(({ name, type }) => ({ name, type }));
  };
  const [wallet, payment] = [await store('wallet'), await store('payment')];
  expect([wallet.length, payment.length]).toEqual([1, 1]);
  expect(payment[0]?.name).not.toBe(wallet[0]?.name);
  expect(payment[0]?.type).not.toBe(wallet[0]?.type);
});
