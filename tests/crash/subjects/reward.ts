import type { Row } from '../../harness/collection.ts';
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
  return {
    system: 'reward',
    client: (session) => new Client(session, missions),
    judge: (findings, shown) => judge(missions, findings, shown),
  };
}

class Client {
  private readonly mine: Mission[] = [];
  private customers = 0;

  constructor(
    private readonly session: ClientSession,
    private readonly missions: Mission[],
  ) {}

  next(): Promise<void> {
    const mission = this.session.pick(this.mine);
    return this.session.dice() < 0.5 || !mission ? this.achieve() : this.exchange(mission);
  }

  private async achieve(): Promise<void> {
    const { session, missions, mine } = this;
    const customerId = 1 + session.number * 1_000_000 + this.customers++;
    const answer = await session.command('POST', '/missions', { customerId, status: 'Achieved' });
    if (!session.accepted(answer, `mission of customer ${customerId}`)) return;
    const mission: Mission = { id: idOf(answer), customerId, exchanged: false };
    missions.push(mission);
    mine.push(mission);
  }

  private async exchange(mission: Mission): Promise<void> {
    const { session, mine } = this;
    const [page] = await session.see(`/mypages/search/findByMissionId?missionId=${mission.id}`);
    const [wallet] = page?.rewardId
      ? await session.see(`/wallets/search/findByRewardId?rewardId=${page.rewardId}`)
      : [];
    if (!wallet) return;
    mine.splice(mine.indexOf(mission), 1);
    const [path, body] = [`/wallets/${wallet.id}`, { status: 'Exchanged' }];
    if (session.dice() < 0.4) {
      mission.exchanged = (await session.leave('PATCH', path, body)) || undefined;
      return;
    }
    const answer = await session.command('PATCH', path, body, { untilDone: true });
    if (session.accepted(answer, `Wallet ${wallet.id} exchange`)) mission.exchanged = true;
  }
}

const keyOf = ({ id }: Mission): string => `reward-mission/Mission-${id}`;
const rewardOf = (findings: Findings, { id }: Mission) => findings.state(`reward-reward/Reward-of-${id}`);
const walletOf = (findings: Findings, mission: Mission) =>
  findings.state(`reward-wallet/Wallet-of-${rewardOf(findings, mission)?.id}`);
const isExchanged = (findings: Findings, mission: Mission): boolean =>
  mission.exchanged ?? walletOf(findings, mission)?.status === 'Exchanged';

async function judge(missions: readonly Mission[], findings: Findings, shown: Shown): Promise<void> {
  const pages = findings.rowsBy('missionId', await shown.collection('mypages'));
  findings.answeredOnce(missions.map(keyOf));
  for (const mission of missions) isWhollyIssuedOrExchanged(findings, mission, pages.get(mission.id));
  const exchanges = missions.filter((mission) => isExchanged(findings, mission));
  // One of each for every mission, one gift and one account for every exchange, and none besides.
  const kinds = {
    'reward-mission/Mission': missions,
    'reward-reward/Reward': missions,
    'reward-wallet/Wallet': missions,
    'reward-gift/Gift': exchanges,
    'reward-payment/Account': exchanges,
  };
  for (const [kind, { length }] of Object.entries(kinds))
    findings.expect(kind, 'the number of records', findings.all(kind).length, length);
  findings.expect('reward', 'the number of my pages', pages.size, missions.length);
}

function isWhollyIssuedOrExchanged(findings: Findings, mission: Mission, page: Row | undefined): void {
  const about = keyOf(mission);
  const { id, customerId } = mission;
  const [reward, wallet] = [rewardOf(findings, mission), walletOf(findings, mission)];
  const [rewardId, walletId] = [reward?.id, wallet?.id];
  const exchanged = isExchanged(findings, mission);
  const status = exchanged ? 'Exchanged' : 'Issued';
  const allocated = { customerId, rewardId, status: 'RewardAllocated' };
  findings.fields(about, 'the mission', findings.state(about), allocated);
  findings.fields(about, 'the reward', reward, { customerId, status });
  findings.fields(about, 'the wallet entry', wallet, { customerId, status });
  const gift = findings.state(`reward-gift/Gift-of-${walletId}`);
  if (exchanged) {
    const account = findings.state(`reward-payment/Account-of-${gift?.id}`);
    findings.fields(about, 'the gift', gift, { walletId, rewardId, status });
    findings.fields(about, 'the account', account, { giftStatus: 'Used' });
  } else findings.expect(about, 'the gift', gift, undefined);
  const shown = { customerId, rewardId, missionStatus: 'Achieved', rewardStatus: status };
  findings.fields(about, 'my page', page, shown);
  findings.publishes(about, { MissionAchieved: 1 });
  findings.publishes(`reward-reward/Reward-of-${id}`, { Allocated: 1 });
  findings.publishes(`reward-wallet/Wallet-of-${rewardId}`, { Issued: 1, Exchanged: exchanged ? 1 : 0 });
}
