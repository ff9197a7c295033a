import { expectProblem } from '../../harness/client.ts';
import { eventually } from '../../harness/system.ts';
import { achieve, call, entry, get, issued, recordsOf } from '../client.ts';

/** Whatever a client sends, the answer is a clear 4xx or that of docs/contracts/reward.md, and nothing is half done. */

test.each([
  ['customerId', 'eleven'],
  ['customerId', 1.5],
  ['customerId', ''],
  ['customerId', 1e21],
  ['customerId', true],
  ['customerId', [11]],
  ['status', 'RewardAllocated'],
  ['status', 'achieved'],
  ['status', ''],
  ['status', null],
  ['status', 7],
])('1. given a mission, when its %s is %j, then 400 names the field', async (field, value) => {
  expectProblem(await call('POST', '/missions', { customerId: 11, status: 'Achieved', [field]: value }), 400, field);
});

test.each([0, -1, 9007199254740991])(
  '1. given a customer %i, which the contract does not forbid, when he achieves a mission, then every step handles it',
  async (customerId) => {
    await issued(await achieve(customerId));
  },
);

test('1. given fields a client cannot set, when they are sent, then they are ignored', async () => {
  const request = { id: 99, rewardId: 7, costomerId: 2, colour: 'red', customerId: 12, status: 'Achieved' };
  const answer = await call('POST', '/missions', request);
  expect(answer).toMatchObject({ status: 201, body: { customerId: 12, rewardId: null } });
  expect(Object.keys(answer.body).sort()).toEqual(['_links', 'customerId', 'id', 'rewardId', 'status']);
  await issued(answer.body.id as number);
});

test.each(['Issued', 'exchanged', 'Exchanged.', '', null, 1])(
  '33. given a reward in the wallet, when its status is set to %j, then 400 and nothing changes',
  async (status) => {
    const { missionId, walletId } = await entry();
    expectProblem(await call('PATCH', `/wallets/${walletId}`, { status }), 400, 'status');
    await issued(missionId);
  },
);

test.each([
  ['walletId', 0],
  ['walletId', -1],
  ['walletId', 'one'],
  ['walletId', undefined],
  ['walletId', 1e21],
  ['rewardId', 'one'],
  ['status', 'Used'],
])('6. given a gift, when its %s is %j, then 400 names the field', async (field, value) => {
  await eventually(async () =>
    expectProblem(await call('POST', '/gifts', { walletId: 1, rewardId: 1, [field]: value }), 400, field),
  );
});

test.each([
  ['broken JSON', '{"status":'],
  ['a text', '"Exchanged"'],
  ['a list', '[]'],
  ['null', 'null'],
])(
  '5. given a reward in the wallet, when the body of its exchange is %s, then 400 and nothing changes',
  async (_, body) => {
    const { missionId, walletId } = await entry();
    expectProblem(await call('PATCH', `/wallets/${walletId}`, body), 400);
    await issued(missionId);
  },
);

test('1. given a body of 5 MB or of another type, when it is sent, then 413 or 415', async () => {
  expectProblem(await call('POST', '/missions', { customerId: 1, more: 'x'.repeat(5 * 1024 * 1024) }), 413);
  expectProblem(await call('POST', '/missions', '{}', { 'content-type': 'text/plain' }), 415);
});

test('10. given a reward in the wallet, when its exchange is sent as POST, PUT or DELETE, then 405 and nothing changes', async () => {
  const { missionId, walletId } = await entry();
  const before = await recordsOf(missionId);
  for (const method of ['POST', 'PUT', 'DELETE'])
    expectProblem(await call(method, `/wallets/${walletId}`, { status: 'Exchanged' }), 405);
  expect(await recordsOf(missionId)).toEqual(before);
});

test.each(['mypages', 'rewards', 'accounts', 'notifications', 'wallets', 'gifts', 'missions'])(
  '35. given what clients may not do with /%s, when they try, then 405',
  async (path) => {
    const allowed: Record<string, string[]> = {
      wallets: ['PATCH item'],
      gifts: ['POST collection'],
      missions: ['POST collection'],
    };
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      for (const [what, at] of [
        ['collection', `/${path}`],
        ['item', `/${path}/1`],
      ] as const)
        if (!allowed[path]?.includes(`${method} ${what}`))
          await eventually(async () => expectProblem(await call(method, at, { status: 'Exchanged' }), 405));
  },
);

test('5. given no such record, or none yet, when it is read or exchanged, then 404', async () => {
  for (const id of ['999999999', '0', '-1', 'abc', '99999999999999999999']) {
    for (const path of ['missions', 'rewards', 'wallets', 'mypages', 'accounts', 'notifications'])
      expectProblem(await get(`/${path}/${id}`), 404);
    await eventually(async () => expectProblem(await get(`/gifts/${id}`), 404));
    expectProblem(await call('PATCH', `/wallets/${id}`, { status: 'Exchanged' }), 404);
  }
});
