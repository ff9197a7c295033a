import { type ClientSession, idOf, type Subject } from '../client-session.ts';
import type { Findings } from '../findings.ts';
import type { Shown } from '../shown.ts';

interface Mission {
  readonly id: number;
  readonly customerId: number;
  /** undefined: its customer asked for that once and never came back, so it is either, but wholly. */
  exchanged: boolean | undefined;
}

/** Missions are achieved, and rewards that reached a wallet are exchanged for gifts, one at a time at gift. */
export function reward(): Subject {
  const missions: Mission[] = [];

  function client(session: ClientSession): () => Promise<void> {
    const mine: Mission[] = [];
    let customers = 0;
    const achieve = async (): Promise<void> => {
      const customerId = 1 + session.number * 1_000_000 + customers++;
      const answer = await session.command('POST', '/missions', { customerId, status: 'Achieved' });
      if (!session.accepted(answer, `mission of customer ${customerId}`)) return;
      const mission: Mission = { id: idOf(answer), customerId, exchanged: false };
      missions.push(mission);
      mine.push(mission);
    };
    const exchange = async (mission: Mission): Promise<void> => {
      const [page] = await session.see(`/mypages/search/findByMissionId?missionId=${mission.id}`);
      const [wallet] = page?.rewardId
        ? await session.see(`/wallets/search/findByRewardId?rewardId=${page.rewardId}`)
        : [];
      if (!wallet) return;
      mine.splice(mine.indexOf(mission), 1);
      if (session.dice() < 0.4) {
        mission.exchanged =
          (await session.leave('PATCH', `/wallets/${wallet.id}`, { status: 'Exchanged' })) || undefined;
        return;
      }
      const answer = await session.command(
        'PATCH',
        `/wallets/${wallet.id}`,
        { status: 'Exchanged' },
        { untilDone: true },
      );
      if (session.accepted(answer, `Wallet ${wallet.id} exchange`)) mission.exchanged = true;
    };
    return () => {
      const mission = session.pick(mine);
      return session.dice() < 0.5 || !mission ? achieve() : exchange(mission);
    };
  }

  async function judge(findings: Findings, shown: Shown): Promise<void> {
    const pages = findings.rowsBy('missionId', await shown.collection('mypages'));
    const known = new Set<number>();
    let exchanges = 0;
    for (const { id, customerId, exchanged: asked } of missions) {
      const about = `reward-mission/Mission-${id}`;
      if (known.has(id)) findings.wrong(about, 'two commands were answered with it');
      known.add(id);
      const reward = findings.state(`reward-reward/Reward-of-${id}`);
      const wallet = findings.state(`reward-wallet/Wallet-of-${reward?.id}`);
      const exchanged = asked ?? wallet?.status === 'Exchanged';
      const status = exchanged ? 'Exchanged' : 'Issued';
      if (exchanged) exchanges++;
      findings.fields(about, 'the mission', findings.state(about), {
        customerId,
        rewardId: reward?.id,
        status: 'RewardAllocated',
      });
      findings.fields(about, 'the reward', reward, { customerId, status });
      findings.fields(about, 'the wallet entry', wallet, { customerId, status });
      const gift = findings.state(`reward-gift/Gift-of-${wallet?.id}`);
      if (exchanged) {
        findings.fields(about, 'the gift', gift, { walletId: wallet?.id, rewardId: reward?.id, status: 'Exchanged' });
        findings.fields(about, 'the account', findings.state(`reward-payment/Account-of-${gift?.id}`), {
          giftStatus: 'Used',
        });
      } else findings.expect(about, 'the gift', gift, undefined);
      const page = { customerId, rewardId: reward?.id, missionStatus: 'Achieved', rewardStatus: status };
      findings.fields(about, 'my page', pages.get(id), page);
      findings.publishes(about, { MissionAchieved: 1 });
      findings.publishes(`reward-reward/Reward-of-${id}`, { Allocated: 1 });
      findings.publishes(`reward-wallet/Wallet-of-${reward?.id}`, { Issued: 1, Exchanged: exchanged ? 1 : 0 });
    }
    // One of each for every mission, one gift and one account for every exchange, and none besides.
    const kinds = {
      ...{ 'reward-mission/Mission': missions.length, 'reward-reward/Reward': missions.length },
      ...{
        'reward-wallet/Wallet': missions.length,
        'reward-gift/Gift': exchanges,
        'reward-payment/Account': exchanges,
      },
    };
    for (const [kind, number] of Object.entries(kinds))
      findings.expect(kind, 'the number of records', findings.all(kind).length, number);
    findings.expect('reward', 'the number of my pages', pages.size, missions.length);
  }

  return { system: 'reward', client, judge };
}
