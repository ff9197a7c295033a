import { expectProblem, expectTryLater, rows } from '../../harness/client.ts';
import { eventually, LONG, processOf, profile, run } from '../../harness/system.ts';
import {
  APPLIED,
  apply,
  applyInTheCrowd,
  calculate,
  call,
  cancelPayment,
  configured,
  describePlan,
  ends,
  get,
  getPlan,
  inOrder,
  messagesTo,
  type Proposal,
  pagesOf,
  paymentsBy,
  person,
  planRequest,
  proposalRequest,
  register,
  savePlan,
  WITHDRAWN,
  withdraw,
  without,
} from '../client.ts';

/** Services stopped or slow: what must go on goes on, what was missed is caught up, and nothing stays half done. */

/** One of the contract and one of each payment; payment was too slow for an attempt whose payment is cancelled. */
async function hasOneMessageOfEachEvent(custNo: string): Promise<void> {
  const payments = await paymentsBy(custNo);
  const canceled = payments.filter(({ status }) => status === '결재취소').length;
  const sent = await messagesTo(custNo);
  const times = (type: string): number => sent.filter((message) => message.endsWith(` : ${type}`)).length;
  expect(['ProposalSaved', 'PayApproved', 'PayCanceled'].map(times)).toEqual([1, payments.length, canceled]);
  expect(payments.length - canceled).toBe(1);
  // Also told where no payment came of the attempt.
  expect(times('ProposalWithdrawn')).toBeGreaterThanOrEqual(canceled);
}

test(
  '16. given payment is down, when it is applied for, then it is refused and nothing is stored',
  async () => {
    const request = proposalRequest();
    const custNo = request.custNo as string;
    await without(['payment'], async () => {
      for (let times = 0; times < 3; times++) expectTryLater(await call('POST', '/proposals', request));
      expect(rows(await get(`/proposals/search/findByCustNo?custNo=${custNo}`))).toEqual([]);
    });
    const made = await eventually(async () => {
      const answer = await call('POST', '/proposals', request);
      expect(answer.status).toBe(201);
      return answer;
    }, 30_000);
    expect(await inOrder([custNo])).toBe(1);
    expect((await paymentsBy(custNo)).map(({ prpsNo }) => prpsNo)).toEqual([made.body.prpsNo]);
    await ends(made.body as Proposal, APPLIED, '결재완료', 60_000);
    expect(await pagesOf(custNo)).toHaveLength(1);
  },
  LONG,
);

test(
  '17. given proposal is down, when a customer plans, then all of it works, and proposal catches up when it is back',
  async () => {
    const proposal = await apply();
    await without(['proposal'], async () => {
      const prdcd = await register();
      expect((await calculate(prdcd)).body).toMatchObject({ data: { prm: 80000 } });
      const plan = await savePlan({ prdcd });
      expect((await describePlan(plan.ppsdsnNo)).status).toBe(200);
      await eventually(async () => expect((await getPlan(plan.ppsdsnNo)).progSt).toBe('상품설명서생성완료'));
      expect((await cancelPayment(proposal.prpsNo)).status).toBe(200);
      expectProblem(await get('/proposals'), 503);
    });
    const canceled = { prpsStcd: '10', contStcd: '40', contStnm: '결재취소' };
    await ends(proposal, canceled, '결재취소', 60_000);
  },
  LONG,
);

test(
  '18. given product is down, when a premium is calculated or a plan saved, then both say so and work when it is back',
  async () => {
    const prdcd = await register();
    const plan = await savePlan({ prdcd });
    const { custNo, custNm } = person();
    await without(['product'], async () => {
      const calculated = await calculate(prdcd, { custNm });
      expectTryLater(calculated);
      expect(calculated.body.detail).toMatch(/^보험료계산 오류 :: insurance-product is down/);
      const saved = await call('POST', '/plans', planRequest(prdcd, { custNo, custNm }));
      expectTryLater(saved);
      expect(saved.body.detail).toMatch(/^가입조건 체크 오류 :: insurance-product is down/);
      expectTryLater(await call('PATCH', `/plans/${plan.id}`, { entAmt: 60000 }));
      expectTryLater(await call('POST', '/proposals', proposalRequest({ custNo, custNm, prdcd, sprm: undefined })));
      expect(await getPlan(plan.ppsdsnNo, { custNo })).toMatchObject({ entAmt: 50000, planInfoList: [] });
      expect((await describePlan(plan.ppsdsnNo)).status).toBe(200);
      expect((await apply({ custNo, custNm })).prpsStcd).toBe('10');
    });
    expect((await calculate(prdcd, { custNm })).body).toMatchObject({ data: { prm: 80000 } });
    expect((await savePlan({ prdcd, custNo, custNm })).custNo).toBe(custNo);
    // The request of the description waited in the topic.
    await eventually(async () => expect((await getPlan(plan.ppsdsnNo)).progSt).toBe('상품설명서생성완료'), 60_000);
    const pages = rows(await get(`/mypages/search/findByCustNm?custNm=${encodeURIComponent(custNm)}`));
    expect(pages.filter(({ eventType }) => eventType === 'premiumCaculated').length).toBeLessThanOrEqual(1);
  },
  LONG,
);

test(
  '19. given alarm is down, when it is applied for, then that succeeds, and the messages come when alarm is back',
  async () => {
    const proposal = await without(['alarm'], async () => {
      const made = await apply();
      await ends(made, APPLIED, '결재완료');
      expectProblem(await get('/msgs'), 503);
      return made;
    });
    const sent = ['PayApproved', 'ProposalSaved'].map((type) => `Hello 고객 업무 진행사항 : ${type}`);
    await eventually(async () => expect(await messagesTo(proposal.custNo)).toEqual(sent), 60_000);
  },
  LONG,
);

test(
  '20. given myinsurance is down, when a customer goes on, then that succeeds, and the view has all of it when it is back',
  async () => {
    const plan = await savePlan();
    const { custNo, custNm, ppsdsnNo } = plan as unknown as Record<string, string>;
    await eventually(async () => expect(await pagesOf(custNo!)).toHaveLength(1));
    const proposal = await without(['myinsurance'], async () => {
      const made = await apply({ custNo, custNm, ppsdsnNo });
      await withdraw(made.prpsNo);
      await describePlan(ppsdsnNo!);
      expectProblem(await get('/mypages'), 503);
      return made;
    });
    await ends(proposal, WITHDRAWN, '결재취소', 60_000);
    await eventually(async () =>
      expect(await pagesOf(custNo!)).toMatchObject([
        { ...WITHDRAWN, ppsdsnNo, progSt: '상품설명서생성완료', eventType: 'PayCanceled' },
      ]),
    );
  },
  LONG,
);

test(
  '13. given payment is down, when a contract is withdrawn, then the payment is cancelled when it is back',
  async () => {
    const proposal = await apply();
    await without(['payment'], async () => {
      expect((await withdraw(proposal.prpsNo)).body.data).toMatchObject({ prpsStcd: '90', prpsStnm: '청약철회' });
      await eventually(async () =>
        expect(await pagesOf(proposal.custNo)).toMatchObject([{ prpsStcd: '90', contStcd: '30' }]),
      );
    });
    await ends(proposal, WITHDRAWN, '결재취소', 60_000);
  },
  LONG,
);

test(
  '16. given payment and proposal are killed again and again, when many apply, then contracts and payments come in pairs',
  async () => {
    let over = false;
    const killing = (async () => {
      for (let turn = 0; !over; turn++) {
        const killed = ['insurance-payment', 'insurance-proposal'][turn % 2]!;
        await run('kill', killed, ...(turn % 3 === 2 ? ['--sidecar'] : []));
        await new Promise((resolve) => setTimeout(resolve, 1_000 + Math.random() * 1_000));
      }
    })();
    const requests = Array.from({ length: 120 }, () => proposalRequest());
    const accepted: string[] = [];
    for (let from = 0; from < requests.length; from += 6) {
      const some = requests.slice(from, from + 6);
      const answers = await Promise.all(some.map((body) => call('POST', '/proposals', body).catch(() => undefined)));
      for (const answer of answers) if (answer?.status === 201) accepted.push(answer.body.custNo as string);
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    over = true;
    await killing;
    const customers = requests.map(({ custNo }) => custNo as string);
    const contracts = await inOrder(customers, 120_000);
    expect(contracts).toBeGreaterThanOrEqual(accepted.length);
    for (const custNo of accepted) expect(await inOrder([custNo])).toBe(1);
  },
  2 * LONG,
);

test(
  "31. given payment's address comes from the ConfigMap, when it changes, then the same process calls the new one",
  async () => {
    const { pid } = await processOf('insurance-proposal');
    const values = { 'api.url.payment': 'insurance-nowhere', 'api.url.product': 'insurance-nowhere' };
    const before = { 'api.url.payment': 'insurance-payment', 'api.url.product': 'insurance-product' };
    const prdcd = await register();
    await configured(values, before, () =>
      eventually(async () => {
        for (const answer of [await call('POST', '/proposals', proposalRequest()), await calculate(prdcd)]) {
          expectTryLater(answer);
          expect(answer.body.detail).toContain('insurance-nowhere');
        }
      }, 40_000),
    );
    await eventually(() => apply(), 60_000);
    await eventually(async () => expect((await calculate(prdcd)).status).toBe(200), 40_000);
    expect((await processOf('insurance-proposal')).pid).toBe(pid);
  },
  LONG,
);

test(
  '32. given two processes of each, when many apply, then each has one payment, one row and one message of each event',
  async () => {
    const doubled = ['insurance-alarm', 'insurance-proposal', 'insurance-myinsurance'];
    try {
      const replicas = doubled.flatMap((appId) => ['--replicas', `${appId}=2`]);
      await run('up', 'insurance', '--profile', profile, '--detach', ...replicas);
      for (const proposal of await Promise.all(Array.from({ length: 20 }, applyInTheCrowd))) {
        await ends(proposal, APPLIED, '결재완료', 60_000);
        await eventually(() => hasOneMessageOfEachEvent(proposal.custNo), 60_000);
      }
    } finally {
      for (const appId of doubled) await run('stop', `${appId}-2`);
    }
    await ends(await applyInTheCrowd(), APPLIED, '결재완료', 60_000);
  },
  LONG,
);
