import { embedded, type Stage, type Story } from '../scenario.ts';

type Json = Record<string, unknown>;

const is = (status: string) => (answer: Json) => (answer.status === status ? status : undefined);

/** Waits for the first record of a search. @returns its number */
async function numberOf(
  { happens }: Stage,
  service: string,
  what: string,
  path: string,
  show: (row: Json) => string,
): Promise<number> {
  let id = 0;
  await happens(service, what, path, (answer) => {
    const [row] = embedded(answer);
    id = Number(row?.id);
    return row && show(row);
  });
  return id;
}

/** My page of a mission shows what became of its reward. */
const shows = (status: string) => (answer: Json) => {
  const [row] = embedded(answer);
  return row?.rewardStatus === status ? `mission ${row.missionStatus}, reward ${row.rewardStatus}` : undefined;
};

/** A player achieves a mission, gets a reward for it, and swaps the reward for a gift. */
export const story: Story = {
  port: 8188,
  async play(stage) {
    const { scene, ask, happens } = stage;

    scene('1. Player 11 achieves a mission. The answer waits for nobody; the reward follows by events.');
    const { id } = await ask('POST', '/missions', { customerId: '11', status: 'Achieved' }, 201);
    const ofMission = `/rewards/search/findByMissionId?missionId=${id}`;
    const reward = await numberOf(stage, 'reward', 'issues a reward for it', ofMission, (row) => `reward ${row.id}`);
    await happens('mission', 'learns the number of the reward', `/missions/${id}`, is('RewardAllocated'));
    const ofReward = `/wallets/search/findByRewardId?rewardId=${reward}`;
    const entry = (row: Json) => `entry ${row.id}, ${row.status}`;
    const wallet = await numberOf(stage, 'wallet', 'has it', ofReward, entry);
    await happens('reward', 'follows the wallet', `/rewards/${reward}`, is('Issued'));
    const page = `/mypages/search/findByMissionId?missionId=${id}`;
    await happens('mypage', 'shows it, from events alone', page, shows('Issued'));

    scene('2. The player swaps the reward for a gift. Wallet asks gift first: no gift, no exchange.');
    await ask('PATCH', `/wallets/${wallet}`, { status: 'Exchanged' }, 200);
    const ofWallet = `/gifts/search/findByWalletId?walletId=${wallet}`;
    const gift = await numberOf(stage, 'gift', 'has recorded it', ofWallet, (row) => `gift ${row.id}`);
    await happens('reward', 'follows the wallet', `/rewards/${reward}`, is('Exchanged'));
    const ofGift = `/accounts/search/findByGiftId?giftId=${gift}`;
    await numberOf(stage, 'payment', 'settles the gift', ofGift, (row) => `account ${row.id}`);
    await happens('mypage', 'shows it', page, shows('Exchanged'));

    scene('3. The player asks for the gift once more. There is one already, so nothing happens.');
    await ask('PATCH', `/wallets/${wallet}`, { status: 'Exchanged' }, 200);
    await happens('gift', 'still has one', ofWallet, (answer) =>
      embedded(answer).length === 1 ? `gift ${gift}` : undefined,
    );
  },
};
