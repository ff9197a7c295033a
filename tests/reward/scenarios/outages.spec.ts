import { type Answer, expectTryLater } from '../../harness/client.ts';
import { eventually, LONG, processOf, profile, ready, run } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import {
  achieve,
  call,
  configured,
  entry,
  exchange,
  exchanged,
  get,
  insist,
  issued,
  one,
  recordsOf,
  slowly,
  without,
} from '../client.ts';

/** Services stopped, slow or killed: what must go on goes on, and what was missed is caught up. */

const topic = followed('reward');

const toldOf = (type: string, field: string, id: number): number =>
  new Set(topic.published.flatMap(({ event }) => (event.type === type && event.data[field] === id ? [event.id] : [])))
    .size;

describe('asynchronous isolation', () => {
  test(
    '12. given reward is down, when missions are achieved, then they succeed and get their reward when it is back',
    async () => {
      const ids = await without(['reward'], async () => {
        const answers = [
          await call('POST', '/missions', { customerId: '1', status: 'Achieved' }),
          await call('POST', '/missions', { costomerId: '2', status: 'Achieved' }),
        ];
        for (const [index, { status, body }] of answers.entries()) {
          expect({ status, body }).toMatchObject({ status: 201, body: { customerId: index === 0 ? 1 : null } });
          expect((await get(`/missions/${body.id}`)).body).toMatchObject({ rewardId: null, status: 'Achieved' });
          await eventually(async () => {
            const page = await one(`/mypages/search/findByMissionId?missionId=${body.id}`);
            expect(page).toMatchObject({ missionStatus: 'Achieved', rewardId: null, rewardStatus: null });
          });
        }
        expectTryLater(await get('/rewards'));
        return answers.map(({ body }) => body.id as number);
      });
      for (const id of ids) await issued(id, 60_000);
    },
    LONG,
  );

  test(
    '2, 14. given wallet is down, when a mission is achieved, then its reward comes into the wallet when it is back',
    async () => {
      const id = await without(['wallet'], async () => {
        const missionId = await achieve();
        await eventually(async () => {
          const reward = await one(`/rewards/search/findByMissionId?missionId=${missionId}`);
          expect(reward).toMatchObject({ missionId, status: 'RewardAllocated' });
          const { body } = await get(`/missions/${missionId}`);
          expect(body).toMatchObject({ rewardId: reward?.id, status: 'RewardAllocated' });
          const page = await one(`/mypages/search/findByMissionId?missionId=${missionId}`);
          expect(page).toMatchObject({ missionStatus: 'Achieved', rewardId: reward?.id, rewardStatus: null });
        });
        return missionId;
      });
      await issued(id, 60_000);
    },
    LONG,
  );

  test(
    '15, 18. given payment is down or was never there, when a reward is exchanged, then payment settles it when it comes',
    async () => {
      const { missionId, walletId } = await entry();
      const before = await without(['payment'], async () => {
        await insist(walletId);
        return eventually(async () => {
          const { body: wallet } = await get(`/wallets/${walletId}`);
          const reward = await one(`/rewards/search/findByMissionId?missionId=${missionId}`);
          const gift = await one(`/gifts/search/findByWalletId?walletId=${walletId}`);
          expect({ wallet, reward, gift }).toMatchObject({
            wallet: { status: 'Exchanged' },
            reward: { status: 'Exchanged' },
            gift: { status: 'Exchanged' },
          });
          return { wallet, reward, gift };
        });
      });
      expect(await exchanged(missionId, 60_000)).toMatchObject(before);
    },
    LONG,
  );

  test(
    '16, 36. given mypage and notification are down, when a reward is exchanged, then my page shows the end when it is back',
    async () => {
      const missionId = await without(['mypage', 'notification'], async () => {
        const id = await achieve();
        const walletId = await eventually(async () => {
          const reward = await one(`/rewards/search/findByMissionId?missionId=${id}`);
          expect(reward).toMatchObject({ status: 'Issued' });
          return (await one(`/wallets/search/findByRewardId?rewardId=${reward?.id}`))?.id as number;
        });
        await insist(walletId);
        return id;
      });
      await exchanged(missionId, 60_000);
    },
    LONG,
  );

  test(
    '8. given all others are down, when my page is read, then it shows everything',
    async () => {
      const { missionId, walletId } = await entry();
      await insist(walletId);
      const { mypage } = await exchanged(missionId);
      await without(['mission', 'reward', 'wallet', 'gift', 'payment'], async () => {
        expect((await get(`/mypages/${mypage?.id}`)).body).toEqual(mypage);
      });
    },
    LONG,
  );
});

describe('synchronous isolation', () => {
  test(
    '13, 19, 23. given gift is down, when a reward is exchanged, then it fails, while missions get their rewards',
    async () => {
      const { missionId, walletId } = await entry();
      const before = await issued(missionId);
      await without(['gift'], async () => {
        for (let times = 0; times < 3; times++) expectTryLater(await exchange(walletId));
        const achieved = await achieve();
        await eventually(async () => {
          const page = await one(`/mypages/search/findByMissionId?missionId=${achieved}`);
          expect(page).toMatchObject({ rewardStatus: 'Issued' });
          expect((await get(`/missions/${achieved}`)).body.status).toBe('RewardAllocated');
        });
        expect((await get(`/wallets/${walletId}`)).body).toEqual(before.wallet);
      });
      // Whatever might have been told late would have come before what is told now.
      await issued(await achieve());
      expect(await recordsOf(missionId)).toEqual(before);
      expect(toldOf('Exchanged', 'id', walletId)).toBe(0);
      await insist(walletId, 30_000);
      await exchanged(missionId);
    },
    LONG,
  );

  test(
    '20. given gift takes 400 to 620 ms, when many exchange at once, then one at a time gets in and all succeed in the end',
    async () => {
      const entries = await Promise.all(Array.from({ length: 12 }, entry));
      await slowly(400, 620, async () => {
        await eventually(async () => {
          const probe = await entry();
          const answer = await exchange(probe.walletId);
          expect(answer.ms).toBeGreaterThan(399);
        }, 40_000);
        const refused: Answer[] = [];
        // On a machine that has no time for a moment nobody gets in: then all come again.
        await eventually(async () => {
          const all = Promise.all(entries.map(({ walletId }) => exchange(walletId)));
          const read = await get(`/wallets/${entries[0]!.walletId}`);
          const answers = await all;
          const away = answers.filter(({ status }) => status === 503);
          refused.push(...away);
          expect(read.status).toBe(200);
          expect(read.ms).toBeLessThan(2_000);
          expect(away.length).toBeGreaterThanOrEqual(10);
          // Mostly before the gift was there: nobody waited for it, or for a time limit.
          const given = answers.filter(({ status }) => status === 200).map(({ ms }) => ms);
          expect(given.length).toBeGreaterThan(0);
          expect(away.map(({ ms }) => ms).sort((a, b) => a - b)[5]).toBeLessThan(Math.max(...given));
        });
        for (const answer of refused) expectTryLater(answer);
      });
      for (const { missionId, walletId } of entries) {
        await insist(walletId, 40_000);
        await exchanged(missionId);
      }
    },
    LONG,
  );

  test(
    '20, 22. given gift is slower than wallet waits, when rewards are exchanged, then each ends with one gift or none',
    async () => {
      const entries = await Promise.all(Array.from({ length: 4 }, entry));
      await slowly(1500, 1600, async () => {
        await eventually(async () => expect((await exchange((await entry()).walletId)).status).toBe(503));
        const refused: Answer[] = [];
        for (const { walletId } of entries)
          await eventually(async () => {
            const answer = await exchange(walletId);
            if (answer.status === 503) refused.push(answer);
            expect(answer.status).toBe(503);
          });
        for (const answer of refused) {
          expectTryLater(answer);
          expect(answer.ms).toBeLessThan(3_000);
        }
      });
      for (const { missionId } of entries) await issued(missionId);
      for (const { missionId, walletId } of entries) {
        await insist(walletId, 30_000);
        await exchanged(missionId);
      }
    },
    LONG,
  );

  /** So many clients read the gifts, each as soon as he was answered. */
  async function hammer(clients: number, forMs: number): Promise<Answer[]> {
    const end = Date.now() + forMs;
    const client = async (): Promise<Answer[]> => {
      const answers: Answer[] = [];
      while (Date.now() < end) answers.push(await get('/gifts?size=1'));
      return answers;
    };
    return (await Promise.all(Array.from({ length: clients }, client))).flat();
  }

  test(
    '21, 28. given one request at a time, when several clients read the gifts, then some are refused at once',
    async () => {
      const { pid, restarts } = await processOf('reward-gift');
      expect((await hammer(1, 3_000)).filter(({ status }) => status !== 200)).toEqual([]);
      const answers = await hammer(2, 3_000);
      const turns = answers.map(({ status }) => status);
      expect(new Set(turns)).toEqual(new Set([200, 503]));
      for (const answer of answers.filter(({ status }) => status === 503)) expectTryLater(answer);
      expect((await hammer(1, 1_000)).filter(({ status }) => status !== 200)).toEqual([]);
      expect(await processOf('reward-gift')).toMatchObject({ pid, restarts });
    },
    LONG,
  );

  test(
    '20. given gift cannot be reached for long, when exchanges keep failing, then the breaker answers until gift can again',
    async () => {
      const { missionId, walletId } = await entry();
      await without(['gift'], () =>
        eventually(async () => {
          const [answer] = await Promise.all(Array.from({ length: 10 }, () => exchange(walletId)));
          expectTryLater(answer!);
          expect(answer!.body.detail).toMatch(/circuit breaker open/);
        }, 30_000),
      );
      await insist(walletId, 30_000);
      await exchanged(missionId);
    },
    LONG,
  );

  test(
    '20. given the address of gift comes from the ConfigMap, when it changes, then one and the same process calls the new one',
    async () => {
      const { pid } = await processOf('reward-wallet');
      const { missionId, walletId } = await entry();
      await configured({ 'api.url.gift': 'reward-nowhere' }, { 'api.url.gift': 'reward-gift' }, () =>
        eventually(async () => {
          const answer = await exchange((await entry()).walletId);
          expectTryLater(answer);
          expect(answer.body.detail).toContain('reward-nowhere');
        }, 40_000),
      );
      await insist(walletId, 40_000);
      await exchanged(missionId);
      expect((await processOf('reward-wallet')).pid).toBe(pid);
    },
    LONG,
  );
});

describe('a gift recorded is an exchange', () => {
  test(
    '22. given gift recorded a gift unheard by wallet, when the exchange is repeated, then there is one gift with one account',
    async () => {
      const { missionId, walletId, rewardId } = await entry();
      await without(['wallet'], () =>
        eventually(async () => {
          const answer = await call('POST', '/gifts', { walletId, rewardId, status: 'Exchanged' });
          expect(answer.status).toBe(201);
        }),
      );
      await insist(walletId);
      await exchanged(missionId, 60_000);
      expect(toldOf('Used', 'walletId', walletId)).toBe(1);
      expect(toldOf('Exchanged', 'id', walletId)).toBe(1);
    },
    LONG,
  );

  test(
    '22. given wallet died before it could commit a recorded gift, when nobody repeats the exchange, then it is finished',
    async () => {
      const { missionId, walletId, rewardId } = await entry();
      await without(['wallet'], () =>
        eventually(async () => {
          expect((await call('POST', '/gifts', { walletId, rewardId, status: 'Exchanged' })).status).toBe(201);
        }),
      );
      await exchanged(missionId, 60_000);
    },
    LONG,
  );

  test('22. given wallet and gift are killed again and again, when customers exchange, then each has one gift or his reward', async () => {
    const entries = await Promise.all(Array.from({ length: 40 }, entry));
    const insisting = new Set(entries.slice(0, 12).map(({ walletId }) => walletId));
    let over = false;
    const killing = (async () => {
      for (let turn = 0; !over; turn++) {
        await run('kill', turn % 3 === 2 ? 'reward-gift' : 'reward-wallet', ...(turn % 5 === 4 ? ['--sidecar'] : []));
        await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 700));
      }
    })();
    for (let turn = 0; turn < entries.length; turn += 4) {
      await Promise.all(entries.slice(turn, turn + 4).map(({ walletId }) => exchange(walletId)));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    over = true;
    await killing;
    for (const walletId of insisting) await insist(walletId, 60_000);
    for (const { missionId, walletId } of entries) {
      const { gift } = await eventually(() => recordsOf(missionId), 60_000);
      if (insisting.has(walletId)) expect(gift).toBeDefined();
      await (gift ? exchanged : issued)(missionId, 60_000);
      expect(toldOf('Used', 'walletId', walletId)).toBe(gift ? 1 : 0);
      expect(toldOf('Exchanged', 'id', walletId)).toBe(gift ? 1 : 0);
    }
  }, 240_000);
});

test(
  '34. given records of every kind, when the services restart, then all are still there and new numbers go on',
  async () => {
    const { missionId, walletId } = await entry();
    await insist(walletId);
    const before = await exchanged(missionId);
    for (const service of ['mission', 'reward', 'wallet', 'gift']) await run('restart', `reward-${service}`);
    for (const service of ['mission', 'reward', 'wallet', 'gift']) await ready(await processOf(`reward-${service}`));
    expect(await eventually(() => recordsOf(missionId), 30_000)).toEqual(before);
    const after = await issued(await achieve(), 60_000);
    for (const kind of ['mission', 'reward', 'wallet'] as const)
      expect(after[kind]?.id as number).toBeGreaterThan(before[kind]?.id as number);
  },
  LONG,
);

test(
  '17. given two processes of reward, wallet and mypage, when missions come, then each has one reward, entry and page',
  async () => {
    const doubled = ['reward-reward', 'reward-wallet', 'reward-mypage'];
    const requests = doubled.flatMap((appId) => ['--replicas', `${appId}=2`]);
    try {
      await run('up', 'reward', '--profile', profile, '--detach', ...requests);
      const ids = await Promise.all(Array.from({ length: 30 }, () => achieve()));
      for (const id of ids) await issued(id, 60_000);
    } finally {
      for (const appId of doubled) await run('stop', `${appId}-2`);
    }
    // What one of them had in hand is taken over.
    await issued(await achieve(), 60_000);
  },
  LONG,
);
