import { type Answer, client, expectTryLater, type Fields, rows } from '../harness/client.ts';
import { eventually } from '../harness/system.ts';

/** The reward system as its clients see it: requests to the gateway, and what became of one mission. */

export const { GW, call, get, without, configured } = client('reward');

/** A customer nobody else is. */
export const customer = (): number => Math.floor(Math.random() * 1e12);

export async function achieve(customerId: number = customer()): Promise<number> {
  const answer = await call('POST', '/missions', { customerId: String(customerId), status: 'Achieved' });
  const mission = { customerId, rewardId: null, status: 'Achieved' };
  expect(answer).toMatchObject({ status: 201, body: mission });
  return answer.body.id as number;
}

/** What a search finds: nothing or one record, since a second is a failure in itself. Gift turns away who finds it busy. */
export async function one(path: string): Promise<Fields | undefined> {
  const answer = await eventually(async () => {
    const found = await get(path);
    expect({ path, status: found.status }).toEqual({ path, status: 200 });
    return found;
  });
  const found = rows(answer);
  expect({ path, found: found.length }).toEqual({ path, found: Math.min(found.length, 1) });
  return found[0];
}

export type Records = Record<'mission' | 'reward' | 'wallet' | 'gift' | 'account' | 'mypage', Fields | undefined>;

/** Every record of one mission, undefined where there is none. */
export async function recordsOf(missionId: number): Promise<Records> {
  const by = (found: Fields | undefined, path: string): Promise<Fields | undefined> | undefined =>
    found && one(`${path}=${found.id}`);
  const { body: mission } = await get(`/missions/${missionId}`);
  const reward = await one(`/rewards/search/findByMissionId?missionId=${missionId}`);
  const wallet = await by(reward, '/wallets/search/findByRewardId?rewardId');
  const gift = await by(wallet, '/gifts/search/findByWalletId?walletId');
  const account = await by(gift, '/accounts/search/findByGiftId?giftId');
  const mypage = await one(`/mypages/search/findByMissionId?missionId=${missionId}`);
  return { mission, reward, wallet, gift, account, mypage };
}

/** Waits until all that an issued, or an exchanged, reward wants is there and hangs together; nothing else is. */
const ends = (missionId: number, status: 'Issued' | 'Exchanged', limitMs?: number): Promise<Records> =>
  eventually(async () => {
    const records = await recordsOf(missionId);
    const { reward, wallet, gift } = records;
    const { customerId } = records.mission ?? {};
    const [rewardId, walletId] = [reward?.id, wallet?.id];
    const given = status === 'Exchanged';
    expect(records).toMatchObject({
      mission: { id: missionId, rewardId, status: 'RewardAllocated' },
      reward: { missionId, customerId, status },
      wallet: { rewardId, customerId, status },
      gift: given ? { walletId, rewardId, status: 'Exchanged' } : undefined,
      account: given ? { giftId: gift?.id, giftStatus: 'Used' } : undefined,
      mypage: { missionId, customerId, missionStatus: 'Achieved', rewardId, rewardStatus: status },
    });
    return records;
  }, limitMs);

export const issued = (missionId: number, limitMs?: number): Promise<Records> => ends(missionId, 'Issued', limitMs);
export const exchanged = (missionId: number, limitMs?: number): Promise<Records> =>
  ends(missionId, 'Exchanged', limitMs);

/** The wallet entry of a new mission's reward, ready to be exchanged. */
export async function entry(): Promise<{ missionId: number; walletId: number; rewardId: number }> {
  const missionId = await achieve();
  const { wallet, reward } = await issued(missionId);
  return { missionId, walletId: wallet?.id as number, rewardId: reward?.id as number };
}

export const exchange = (walletId: number): Promise<Answer> =>
  call('PATCH', `/wallets/${walletId}`, { status: 'Exchanged' });

/** Exchanges as a customer does: who is told to come again shortly, does. */
export const insist = (walletId: number, limitMs?: number): Promise<void> =>
  eventually(async () => {
    const answer = await exchange(walletId);
    if (answer.status === 503) expectTryLater(answer);
    expect(answer).toMatchObject({ status: 200, body: { id: walletId, status: 'Exchanged' } });
  }, limitMs);

/** Does something while gift takes so long to record; it is as usual before it returns. */
export const slowly = <T>(least: number, most: number, work: () => Promise<T>): Promise<T> =>
  configured(
    { GIFT_DELAY_MS: String(least), GIFT_DELAY_MAXIMUM_MS: String(most) },
    { GIFT_DELAY_MS: '0', GIFT_DELAY_MAXIMUM_MS: '0' },
    work,
  );
