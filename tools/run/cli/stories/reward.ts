import { embedded, type Story } from '../scenario.ts';

type Json = Record<string, unknown>;

/** A player achieves a mission, gets a reward for it, and swaps the reward for a gift. */
export const story: Story = {
  port: 8188,
  async tell({ scene, ask, happens }) {
    const is = (status: string) => (answer: Json) => (answer.status === status ? status : undefined);
    const first = (show: (row: Json) => string | undefined) => (answer: Json) => {
      const [row] = embedded(answer);
      return row && show(row);
    };
    let [rewardId, walletId, giftId] = [0, 0, 0];

    scene('1. Player 11 achieves a mission. The answer waits for nobody; the reward follows by events.');
    const { id } = await ask('POST', '/missions', { customerId: '11', status: 'Achieved' }, 201);
    await happens('reward', 'issues a reward for it', `/rewards/search/findByMissionId?missionId=${id}`, (answer) =>
      first((reward) => {
        rewardId = Number(reward.id);
        return `reward ${rewardId}`;
      })(answer),
    );
    await happens('mission', 'learns the number of the reward', `/missions/${id}`, is('RewardAllocated'));
    await happens('wallet', 'has it', `/wallets/search/findByRewardId?rewardId=${rewardId}`, (answer) =>
      first((wallet) => {
        walletId = Number(wallet.id);
        return `entry ${walletId}, ${wallet.status}`;
      })(answer),
    );
    await happens('reward', 'follows the wallet', `/rewards/${rewardId}`, is('Issued'));

    const page = `/mypages/search/findByMissionId?missionId=${id}`;
    const shows = (status: string) =>
      first(({ missionStatus, rewardStatus }) =>
        rewardStatus === status ? `mission ${missionStatus}, reward ${rewardStatus}` : undefined,
      );
    await happens('mypage', 'shows it, from events alone', page, shows('Issued'));

    scene('2. The player swaps the reward for a gift. Wallet asks gift first: no gift, no exchange.');
    await ask('PATCH', `/wallets/${walletId}`, { status: 'Exchanged' }, 200);
    await happens('gift', 'has recorded it', `/gifts/search/findByWalletId?walletId=${walletId}`, (answer) =>
      first((gift) => {
        giftId = Number(gift.id);
        return `gift ${giftId}`;
      })(answer),
    );
    await happens('reward', 'follows the wallet', `/rewards/${rewardId}`, is('Exchanged'));
    await happens('payment', 'settles the gift', `/accounts/search/findByGiftId?giftId=${giftId}`, (answer) =>
      first((account) => `account ${account.id}`)(answer),
    );
    await happens('mypage', 'shows it', page, shows('Exchanged'));

    scene('3. The player asks for the gift once more. There is one already, so nothing happens.');
    await ask('PATCH', `/wallets/${walletId}`, { status: 'Exchanged' }, 200);
    await happens('gift', 'still has one', `/gifts/search/findByWalletId?walletId=${walletId}`, (answer) =>
      embedded(answer).length === 1 ? `gift ${giftId}` : undefined,
    );
  },
};
