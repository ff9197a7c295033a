import { expectProblem, type Fields, rows, someone } from '../../harness/client.ts';
import { eventually, processes, processOf } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import {
  APPLIED,
  apply,
  applyInTheCrowd,
  calculate,
  call,
  cancelPayment,
  configured,
  contractOf,
  describePlan,
  ends,
  GW,
  get,
  getPlan,
  messagesTo,
  newest,
  online,
  pagesOf,
  paymentsBy,
  paymentsOf,
  person,
  planRequest,
  proposalsOf,
  register,
  savePlan,
  termsOf,
  today,
  WITHDRAWN,
  withdraw,
} from '../client.ts';

const topic = followed('insurance');

/** What was told about something, each event once. */
const toldOf = (field: string, value: unknown): { type: string; data: Fields }[] => {
  const about = topic.published.filter(({ event }) => event.data[field] === value);
  return [...new Map(about.map(({ event }) => [event.id, event])).values()];
};
const typesOf = (field: string, value: unknown): string[] =>
  toldOf(field, value)
    .map(({ type }) => type)
    .sort();

/** What nobody knows of a plan, which the answer names all the same. */
const OPEN = { prodDesdIsueDt: null, entEmt: null };

describe('products and customers', () => {
  test('1. given a manager, when a product is registered and changed, then it is found by its code with the change', async () => {
    const terms = termsOf();
    const made = await call('POST', '/products', terms);
    expect(made).toMatchObject({ status: 201, body: { ...terms, insDcd: null } });
    const self = `${GW}/products/${made.body.id}`;
    expect(made.headers.get('location')).toBe(self);
    expect(made.body._links).toEqual({ self: { href: self }, product: { href: self } });
    const changed = await call('PATCH', `/products/${made.body.id}`, { prm: '81000.50', maxEntAge: 60 });
    expect(changed).toMatchObject({ status: 200, body: { ...terms, prm: 81000.5, maxEntAge: 60 } });
    const found = await get(`/products/search/findByPrdcd?prdcd=${terms.prdcd}`);
    expect(rows(found)).toEqual([changed.body]);
    expect((await call('DELETE', `/products/${made.body.id}`)).status).toBe(204);
    expectProblem(await get(`/products/${made.body.id}`), 404);
  });

  test('1, 3, 10. given a system just started, when its products are looked for, then the five of the contract can be had', async () => {
    const premiums = [30000, 50000, 70000, 60000, 80000];
    for (const [index, prm] of premiums.entries()) {
      const prdcd = `P0000000${index + 1}`;
      expect(rows(await get(`/products/search/findByPrdcd?prdcd=${prdcd}`))).toMatchObject([{ prdcd, prm }]);
      expect((await calculate(prdcd, { aclBirdt: '19700101' })).body).toMatchObject({ data: { prm } });
    }
    const { prpsNo } = await apply({ sprm: undefined });
    expect(await paymentsOf(prpsNo)).toMatchObject([{ payAmt: 80000 }]);
  });

  test('1. given products, when they are asked for online, then all fields come, and the limits are checked', async () => {
    const prdcd = await register();
    const { data } = (await online('products', 'PDA001SVC', 'x', { prdcd })).body as { data: Fields };
    expect(data).toMatchObject({ prdcd, prm: 80000, productList: null, eventType: null });
    expect(data).not.toHaveProperty('id');
    const check = (args: Fields) => online('products', 'PDA002SVC', 'CHKPRODUCT', { prdcd, ...args });
    expect(await check({ entAmt: '100000' })).toMatchObject({ status: 200, body: { data: { prdcd, adMsg: null } } });
    const refused = await check({ entAmt: '100001' });
    expectProblem(refused, 422);
    expect(refused.body.detail).toBe('가입금액 초과');
    const all = await call('POST', '/products/chkProduct', { svcFn: 'chkProduct', prdcd, entAmt: '50000' });
    expect(all).toMatchObject({ status: 200, body: [{ id: expect.any(Number), prdcd }] });
    const request = { svcFn: 'chkProduct', prdcd, entAmt: 100001 };
    expectProblem(await call('POST', '/products/chkProduct', request), 422);
    expect((await call('POST', '/products/chkProduct', { ...request, svcFn: 'chkproduct' })).status).toBe(200);
    const unknown = await call('POST', '/products/chkProduct', { svcFn: 'chkProduct', prdcd: 'P99999999' });
    expect(unknown).toMatchObject({ status: 200, body: [] });
  });

  test('2, 34. given a customer, when they register, then they are listed and found by number', async () => {
    const wanted = { ...person(), gndrCd: '1', aclBirdt: '19940101', phoneNo: '01012345678' };
    const made = await call('POST', '/customers', wanted);
    expect(made).toMatchObject({ status: 201, body: { ...wanted, insJobNm: null } });
    expect(await newest('/customers')).toContainEqual(expect.objectContaining(wanted));
    const found = await get(`/customers/online/${wanted.custNo}`);
    expect(found).toMatchObject({ status: 200, body: { data: { ...wanted, natyCd: null } } });
    expect(found.body.data).not.toHaveProperty('id');
    expect((await get('/customers/online/000000000')).body).toEqual({ data: null });
    const changed = await call('PATCH', `/customers/${made.body.id}`, { phoneNo: '0100' });
    expect(changed).toMatchObject({ status: 200, body: { ...wanted, phoneNo: '0100' } });
    expect((await call('DELETE', `/customers/${made.body.id}`)).status).toBe(204);
    expect((await get(`/customers/online/${wanted.custNo}`)).body).toEqual({ data: null });
  });
});

describe('premium', () => {
  test("3, 15, 29, 33. given a product, when a premium is calculated, then it is the product's, and a row and a message tell it", async () => {
    const custNm = someone('양건우');
    const prdcd = await register();
    const answer = await calculate(prdcd, { custNm });
    expect(answer).toMatchObject({
      status: 200,
      body: { data: { prdcd, prdnm: '(무)재해사망보장', prm: 80000, insPrd: '20년', pmPrd: '20년', pmCyl: '월납' } },
    });
    expect(answer.body.data).toMatchObject({ ...OPEN, custNo: null, custNm: null, sprm: null, productList: null });
    const row = {
      ...{ eventType: 'premiumCaculated', custNm, progSt: '보험료계산', gndr: '남자', gndrCd: '1', prdcd },
      ...{ phoneNo: '01012345678', aclBirdt: '19940101', custNo: null, ppsdsnNo: null, prpsNo: null },
    };
    await eventually(async () => {
      const found = await online('mypages', 'MPA001SVC', '', { myName: custNm });
      expect(found).toMatchObject({ status: 200, body: { data: { svcDvn: null, mypages: [row] } } });
    });
    await eventually(async () => {
      const sent = rows(await get(`/msgs/search/findByCustNm?custNm=${encodeURIComponent(custNm)}`));
      const message = 'Hello 고객 업무 진행사항 : premiumCaculated';
      const sendDtm = expect.stringMatching(/^\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d$/);
      expect(sent).toMatchObject([{ custNm, phoneNo: '01012345678', message, sendDtm }]);
    });
    expect((await calculate(prdcd, { custNm })).status).toBe(200);
    await eventually(async () =>
      expect(rows(await get(`/mypages/search/findByCustNm?custNm=${encodeURIComponent(custNm)}`))).toMatchObject([
        row,
        row,
      ]),
    );
    await eventually(() => expect(typesOf('custNm', custNm)).toEqual(['premiumCaculated', 'premiumCaculated']));
  });

  test('3. given no product code, when a premium is calculated, then it is refused', async () => {
    const answer = await calculate('');
    expectProblem(answer, 422);
    expect(answer.body.detail).toBe('상품코드 필수입력');
  });

  test('3. given the premium has hundredths and is huge, when it is calculated, then it comes exactly', async () => {
    for (const prm of [0.07, 81234.57, 999999999999.99]) {
      const { body } = await calculate(await register({ prm }));
      expect((body.data as Fields).prm).toBe(prm);
    }
  });

  const birth = (years: number, days = 0): string => {
    const date = new Date(Date.now() + days * 86_400_000);
    date.setFullYear(date.getFullYear() - years);
    const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
    return parts.map((part) => String(part).padStart(2, '0')).join('');
  };
  test.each([
    ['above the limit', { entAmt: '100000.01' }, '가입금액 초과'],
    ['below the limit', { entAmt: '9999.99' }, '가입금액 미달'],
    ['zero', { entAmt: '0' }, '가입금액 미달'],
    ['of one too old', { aclBirdt: birth(71) }, '가입연령 초과'],
    ['of one who is old enough tomorrow', { aclBirdt: birth(15, 1) }, '가입연령 미달'],
  ])(
    '4. given an amount or age %s, when a premium is calculated, then it is refused and nothing is published',
    async (_, args, reason) => {
      const custNm = someone();
      const answer = await calculate(await register(), { custNm, ...args });
      expectProblem(answer, 422);
      expect(answer.body.detail).toBe(`보험료계산 오류 :: ${reason}`);
      // What is told after it comes after it.
      await calculate(await register(), { custNm: `${custNm}-after` });
      await eventually(() => expect(typesOf('custNm', `${custNm}-after`)).toHaveLength(1));
      expect(typesOf('custNm', custNm)).toEqual([]);
    },
  );

  test('4. given amounts and ages at the limit, when a premium is calculated, then it is given', async () => {
    const prdcd = await register();
    const limits = [{ entAmt: '100000' }, { entAmt: '10000' }, { aclBirdt: birth(15) }, { aclBirdt: birth(71, 1) }];
    for (const args of limits) expect((await calculate(prdcd, args)).body).toMatchObject({ data: { prm: 80000 } });
  });

  test('4. given a plan beyond the limits or of an unknown product, when it is saved, then it is refused and not stored', async () => {
    const [prdcd, { custNo, custNm }] = [await register(), person()];
    for (const [fields, reason] of [
      [{ entAmt: '100001' }, '가입금액 초과'],
      [{ entAmt: 9999 }, '가입금액 미달'],
      [{ prdcd: 'P99999999' }, '등록되지 않은 상품코드'],
    ] as const) {
      const answer = await call('POST', '/plans', planRequest(prdcd, { custNo, custNm, ...fields }));
      expectProblem(answer, 422);
      expect(answer.body.detail).toBe(`가입조건 체크 오류 :: ${reason}`);
    }
    expect((await getPlan('', { custNo })).planInfoList).toEqual([]);
    const { id } = await savePlan({ prdcd, custNo, custNm, entAmt: '100000' });
    expectProblem(await call('PATCH', `/plans/${id}`, { entAmt: 100001 }), 422);
    expect((await get(`/plans/${id}`)).body).toMatchObject({ entAmt: 100000 });
    expect(typesOf('custNo', custNo).filter((type) => type === 'PlanSaved').length).toBeLessThanOrEqual(1);
  });
});

describe('plans', () => {
  test('5, 15. given a product, when a plan is saved again and again, then it keeps its number and its one row', async () => {
    const plan = await savePlan();
    expect((await get(`/plans/${plan.id}`)).body).toEqual({ ...plan, _links: plan._links });
    const shown = { custNo: plan.custNo, ppsdsnNo: plan.ppsdsnNo, progSt: '가입설계', eventType: 'PlanSaved' };
    await eventually(async () => expect(await pagesOf(plan.custNo as string)).toMatchObject([shown]));
    for (const ppsdsnDt of ['20210709', '20210710']) {
      const changed = await call('PATCH', `/plans/${plan.id}`, { ppsdsnDt, ppsdsnNo: 'x', progSt: 'x' });
      expect(changed).toMatchObject({ status: 200, body: { ...plan, ppsdsnDt } });
    }
    await eventually(async () =>
      expect(await pagesOf(plan.custNo as string)).toMatchObject([{ ...shown, ppsdsnDt: '20210710' }]),
    );
    await eventually(() => expect(typesOf('ppsdsnNo', plan.ppsdsnNo)).toEqual(Array(3).fill('PlanSaved')));
    expect(toldOf('ppsdsnNo', plan.ppsdsnNo)[0]?.data).toMatchObject({ sprm: 80000, entAmt: 50000 });
    expect((await call('DELETE', `/plans/${plan.id}`)).status).toBe(204);
    expectProblem(await get(`/plans/${plan.id}`), 404);
  });

  test('5. given many plans in the same second, when they are saved, then each has a number of its own', async () => {
    const prdcd = await register();
    const plans = await Promise.all(Array.from({ length: 12 }, () => savePlan({ prdcd })));
    expect(new Set(plans.map(({ ppsdsnNo }) => ppsdsnNo)).size).toBe(12);
    for (const { id, ppsdsnNo } of plans)
      expect(rows(await get(`/plans/search/findByPpsdsnNo?ppsdsnNo=${ppsdsnNo}`))).toMatchObject([{ id }]);
  });

  test('6. given plans of a customer, when one is asked for, then it comes with its state, and all of them', async () => {
    const prdcd = await register();
    const { custNo, custNm } = person();
    const [one, two] = [await savePlan({ prdcd, custNo, custNm }), await savePlan({ prdcd, custNo, custNm })];
    const of = ({ id: _, _links, ...plan }: Fields): Fields => ({ ...plan, ...OPEN, eventType: null });
    expect(await getPlan(one.ppsdsnNo, { custNo })).toEqual({ ...of(one), planInfoList: [of(one), of(two)] });
    expect(await getPlan(one.ppsdsnNo)).toEqual({ ...of(one), planInfoList: null });
    expect(await getPlan('20210630180956')).toMatchObject({ ppsdsnNo: null, progSt: null, planInfoList: null });
    expect(rows(await get(`/plans/search/findByCustNo?custNo=${custNo}`))).toHaveLength(2);
  });

  test('7-9, 15, 29. given a plan, when its description is requested, then it is issued, shown, and told to the customer', async () => {
    const plan = await savePlan();
    const custNo = plan.custNo as string;
    await configured({ ISSUE_DELAY_MS: '2000' }, { ISSUE_DELAY_MS: '0' }, async () => {
      await eventually(async () => {
        const other = await savePlan();
        await describePlan(other.ppsdsnNo);
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect((await getPlan(other.ppsdsnNo)).progSt).toBe('상품설명서발행요청중');
      });
      const asked = await describePlan(plan.ppsdsnNo);
      expect(asked).toMatchObject({ status: 200, body: { data: { progSt: '가입설계' } } });
      expect(await getPlan(plan.ppsdsnNo)).toMatchObject({ progSt: '상품설명서발행요청중', prodDesdIsueDt: null });
      expect((await describePlan(plan.ppsdsnNo)).status).toBe(200);
    });
    await eventually(async () => {
      const issued = { progSt: '상품설명서생성완료', prodDesdIsueDt: today() };
      expect(await getPlan(plan.ppsdsnNo)).toMatchObject(issued);
      expect(await pagesOf(custNo)).toMatchObject([{ ...issued, eventType: 'PrductDesdCreated' }]);
    });
    const documents = (await newest('/productDocuments')).filter(({ isueRefNo }) => isueRefNo === plan.ppsdsnNo);
    expect(documents).toMatchObject([
      { formTpcd: 'PRD001', formNm: '상품설명서', sendYn: 'N', isueDt: today(), prdcd: plan.prdcd },
    ]);
    for (const said of [plan.ppsdsnNo, '(무)재해사망보장', '80000', '20년', '월납'])
      expect(documents[0]?.notclCtnt).toContain(said);
    expect(documents[0]).not.toHaveProperty('request');
    await eventually(async () =>
      expect(await messagesTo(custNo)).toEqual([
        'Hello 고객 업무 진행사항 : PlanSaved',
        `Hello 고객 업무 진행사항 : PrductDesdCreated, 가입설계번호 ${plan.ppsdsnNo}, 상품코드 ${plan.prdcd}`,
        'Hello 고객 업무 진행사항 : ProductDesdRequested',
      ]),
    );
    expect(typesOf('ppsdsnNo', plan.ppsdsnNo)).toEqual(['PlanSaved', 'PrductDesdCreated', 'ProductDesdRequested']);
    const requested = toldOf('ppsdsnNo', plan.ppsdsnNo).find(({ type }) => type === 'ProductDesdRequested');
    expect(requested?.data).toMatchObject({ progSt: '가입설계', custNo });
  });

  test('7. given a plan number, when a document is issued by hand, then the plan follows', async () => {
    const plan = await savePlan();
    const wanted = { isueRefNo: plan.ppsdsnNo, prdcd: plan.prdcd, custNo: plan.custNo, custNm: plan.custNm };
    expect(await call('POST', '/productDocuments', wanted)).toMatchObject({
      status: 201,
      body: { formTpcd: 'PRD001' },
    });
    await eventually(async () => expect((await getPlan(plan.ppsdsnNo)).progSt).toBe('상품설명서생성완료'));
    const nobody = { isueRefNo: '20010101000000', prdcd: plan.prdcd };
    expect((await call('POST', '/productDocuments', nobody)).status).toBe(201);
  });
});

describe('proposals', () => {
  test('10-12, 15, 29. given a plan, when it is applied for, then the first premium is paid, and one row shows plan and contract', async () => {
    const plan = await savePlan();
    const account = { actDcd: '01', fininCd: '004', fininNm: '국민은행', actNo: '1234', achdNm: '양건우' };
    const { custNo, custNm, ppsdsnNo, prdcd } = plan as unknown as Record<string, string>;
    const proposal = await apply({ custNo, custNm, ppsdsnNo, prdcd, ...account, payAmt: '80000.50' });
    expect(proposal).not.toHaveProperty('actNo');
    expect(await paymentsOf(proposal.prpsNo)).toMatchObject([
      {
        ...account,
        ...{ custNo, custNm, payAmt: 80000.5, status: '결재완료', actStcd: '00', answCd: '0000' },
        ...{ payDtm: expect.stringMatching(/^\d{14}$/), staVrfcDtm: expect.stringMatching(/^\d{14}$/) },
      },
    ]);
    await eventually(async () =>
      expect(await pagesOf(custNo!)).toMatchObject([
        { ppsdsnNo, progSt: '가입설계', prpsNo: proposal.prpsNo, ...APPLIED, eventType: 'ProposalSaved' },
      ]),
    );
    const both = await get(`/mypages/search/findByCustNoAndPrpsNo?custNo=${custNo}&prpsNo=${proposal.prpsNo}`);
    expect(rows(both)).toEqual(await pagesOf(custNo!));
    expect(rows(await get(`/mypages/search/findByCustNoAndPpsdsnNo?custNo=${custNo}&ppsdsnNo=${ppsdsnNo}`))).toEqual(
      rows(both),
    );
    const [row] = rows<{ id: number }>(both);
    expect((await get(`/mypages/${row?.id}`)).body).toEqual(row);
    expect(rows(await get('/mypages'))).toContainEqual(row);
    const { data } = (await contractOf(proposal.prpsNo, { custNo })).body as { data: Fields };
    expect(data).toMatchObject({ prpsNo: proposal.prpsNo, ...APPLIED, payStatus: '결재완료', ppsdsnNo, insPrd: null });
    expect(data.prpsInfoList).toMatchObject([{ prpsNo: proposal.prpsNo, rlpmPrm: 80000.5 }]);
    await eventually(() => {
      expect(typesOf('prpsNo', proposal.prpsNo)).toEqual(['PayApproved', 'ProposalSaved']);
      const approved = toldOf('prpsNo', proposal.prpsNo).find(({ type }) => type === 'PayApproved');
      expect(approved?.data).toMatchObject({ status: '결재승인', payAmt: 80000.5, custNo });
    });
    await eventually(async () =>
      expect(await messagesTo(custNo!)).toEqual(
        ['PayApproved', 'PlanSaved', 'ProposalSaved'].map((type) => `Hello 고객 업무 진행사항 : ${type}`),
      ),
    );
  });

  test("10, 11. given no amount, when it is applied for, then the product's premium is paid", async () => {
    const prdcd = await register({ prm: 12345.67 });
    const proposal = await apply({ prdcd, sprm: undefined });
    expect(await paymentsOf(proposal.prpsNo)).toMatchObject([{ payAmt: 12345.67, actNo: null }]);
    await ends(proposal, APPLIED, '결재완료');
  });

  test('10. given a second proposal from the same plan, when it is made, then it has a row of its own', async () => {
    const { custNo, custNm, ppsdsnNo } = (await savePlan()) as unknown as Record<string, string>;
    const [one, two] = [await apply({ custNo, custNm, ppsdsnNo }), await apply({ custNo, custNm, ppsdsnNo })];
    await eventually(async () => {
      const pages = await pagesOf(custNo!);
      const seen = pages.map(({ prpsNo, ppsdsnNo, progSt }) => ({ prpsNo, ppsdsnNo, progSt }));
      expect(seen).toHaveLength(2);
      expect(seen).toContainEqual({ prpsNo: one.prpsNo, ppsdsnNo, progSt: '가입설계' });
      expect(seen).toContainEqual({ prpsNo: two.prpsNo, ppsdsnNo, progSt: null });
    });
  });

  test('12. given an unknown number, when its contract is asked for, then nothing is known', async () => {
    const answer = await contractOf('20210704165943');
    expect(answer).toMatchObject({ status: 200, body: { data: { prpsNo: null, contStcd: null, prpsInfoList: null } } });
  });

  test.each([
    ['online', ({ prpsNo }: Fields) => withdraw(prpsNo as string)],
    ['by PATCH', ({ id }: Fields) => call('PATCH', `/proposals/${id}`, { prpsStnm: '청약철회' })],
    ['by DELETE', ({ id }: Fields) => call('DELETE', `/proposals/${id}`)],
  ])(
    '13, 15, 29. given a contract, when it is withdrawn %s, then its payment is cancelled, once, and everybody knows',
    async (_, work) => {
      const proposal = await apply();
      for (let times = 0; times < 2; times++) expect([200, 204]).toContain((await work(proposal)).status);
      await ends(proposal, WITHDRAWN, '결재취소');
      expect((await work(proposal)).status).toBeLessThan(300);
      expect((await contractOf(proposal.prpsNo)).body.data).toMatchObject({ ...WITHDRAWN, payStatus: '결재취소' });
      const events = ['PayApproved', 'PayCanceled', 'ProposalSaved', 'ProposalWithdrawn'];
      await eventually(async () => {
        expect(typesOf('prpsNo', proposal.prpsNo)).toEqual(events);
        expect(await messagesTo(proposal.custNo)).toEqual(events.map((type) => `Hello 고객 업무 진행사항 : ${type}`));
      });
    },
  );

  test('14. given a contract, when its payment is cancelled, then the contract is, and the proposal stays', async () => {
    const [one, two] = [await apply(), await apply()];
    for (let times = 0; times < 2; times++)
      expect(await cancelPayment(one.prpsNo)).toMatchObject({ status: 200, body: { data: '처리완료' } });
    const [payment] = await paymentsOf(two.prpsNo);
    const patched = await call('PATCH', `/payments/${payment?.id}`, { status: '결재취소' });
    expect(patched).toMatchObject({ status: 200, body: { status: '결재취소' } });
    const canceled = { prpsStcd: '10', prpsStnm: '청약', contStcd: '40', contStnm: '결재취소' };
    for (const proposal of [one, two]) await ends(proposal, canceled, '결재취소');
    expect((await withdraw(one.prpsNo)).status).toBe(200);
    await ends(one, WITHDRAWN, '결재취소');
    expect(await cancelPayment('20210704165943')).toMatchObject({ status: 200, body: { data: '처리완료' } });
    expect((await online('payments', 'PPA001SVC', 'other', { prpsNo: one.prpsNo })).body).toEqual({});
  });

  test('13, 14. given contracts, when they are withdrawn and their payments cancelled at the same time, then both end cancelled', async () => {
    const proposals = await Promise.all(Array.from({ length: 10 }, applyInTheCrowd));
    await Promise.all(proposals.flatMap(({ prpsNo }) => [withdraw(prpsNo), cancelPayment(prpsNo), withdraw(prpsNo)]));
    for (const proposal of proposals) {
      await ends(proposal, WITHDRAWN, '결재취소');
      expect(typesOf('prpsNo', proposal.prpsNo).filter((type) => type === 'PayCanceled')).toHaveLength(1);
    }
  });

  test('11. given one Idempotency-Key, when it is applied for many times at once, then there is one proposal and one payment', async () => {
    const { custNo, custNm } = person();
    const wanted = { custNo, custNm, prdcd: 'P00000005', sprm: 80000 };
    const headers = { 'idempotency-key': someone('key') };
    const again = () => Promise.all(Array.from({ length: 8 }, () => call('POST', '/proposals', wanted, headers)));
    const answers = [...(await again()), ...(await again())];
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.prpsNo}`)).size).toBe(1);
    expect(await paymentsBy(custNo)).toMatchObject([{ prpsNo: answers[0]?.body.prpsNo, status: '결재완료' }]);
    expect(await proposalsOf(answers[0]?.body.prpsNo as string)).toHaveLength(1);
    const other = await call('POST', '/proposals', { ...wanted, sprm: 1 }, headers);
    expectProblem(other, 422);
  });
});

describe('system', () => {
  test('30. given the gateway, when its routes are used, then all are there, from any origin, and nothing internal is', async () => {
    for (const path of [
      'plans',
      'customers',
      'payments',
      'msgs',
      'mypages',
      'proposals',
      'products',
      'productDocuments',
    ]) {
      const answer = await get(`/${path}`, { origin: 'http://anywhere.example' });
      expect({ path, status: answer.status }).toEqual({ path, status: 200 });
      expect(answer.body._embedded).toHaveProperty(path);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
    const asked = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'content-type' };
    const preflight = await call('OPTIONS', '/plans', undefined, { origin: 'http://anywhere.example', ...asked });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    expectProblem(await get('/callMemleak'), 404);
    expectProblem(await call('POST', '/alarms.do', { myName: '' }), 404);
    expectProblem(await call('POST', '/internal/payments', {}), 404);
  });

  test('29, 30. given a message, when another service asks alarm for it, then it gets a plain list', async () => {
    const { custNo, custNm } = await apply();
    await eventually(async () => expect(await messagesTo(custNo)).toHaveLength(2));
    const { port } = await processOf('insurance-alarm');
    const response = await fetch(`http://127.0.0.1:${port}/alarms.do`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ myName: custNm }),
    });
    const found = (await response.json()) as Fields[];
    expect(found.map(({ message }) => message).sort()).toEqual(await messagesTo(custNo));
    expect(found[0]).toMatchObject({ id: expect.any(Number), custNo, custNm });
  });

  test('31. given alarm.prefix, when it is changed, then messages begin with the new one, without a restart', async () => {
    const pids = async () =>
      (await processes()).filter(({ appId }) => /^insurance-/.test(appId)).map(({ appId, pid }) => [appId, pid]);
    const before = await pids();
    await configured({ 'alarm.prefix': '안녕하세요' }, { 'alarm.prefix': 'Hello' }, () =>
      eventually(async () => {
        const { custNo } = await apply();
        await eventually(async () => expect(await messagesTo(custNo)).toHaveLength(2));
        expect(await messagesTo(custNo)).toContain('안녕하세요 고객 업무 진행사항 : ProposalSaved');
      }, 40_000),
    );
    expect(await pids()).toEqual(before);
  }, 90_000);

  test('32. given the events of a contract, when the broker brings them again, then nothing happens twice', async () => {
    const { custNo, custNm, ppsdsnNo } = (await savePlan()) as unknown as Record<string, string>;
    await describePlan(ppsdsnNo!);
    const proposal = await apply({ custNo, custNm, ppsdsnNo });
    await withdraw(proposal.prpsNo);
    await ends(proposal, WITHDRAWN, '결재취소');
    await eventually(async () => expect(await messagesTo(custNo!)).toHaveLength(7));
    const before = [await pagesOf(custNo!), await messagesTo(custNo!), await getPlan(ppsdsnNo!)];
    const { daprHttpPort } = await processOf('insurance-plan');
    const events = new Map(
      topic.published.filter(({ event }) => event.data.custNo === custNo).map(({ event }) => [event.id, event]),
    );
    expect(events.size).toBe(7);
    for (const event of [...events.values()].reverse()) {
      const published = await fetch(`http://127.0.0.1:${daprHttpPort}/v1.0/publish/insurance-pubsub/insurance`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify(event),
      });
      expect(published.status).toBe(204);
    }
    // What is told after them comes after them.
    const after = await apply();
    await ends(after, APPLIED, '결재완료');
    await eventually(async () => expect(await messagesTo(after.custNo)).toHaveLength(2));
    await ends(proposal, WITHDRAWN, '결재취소');
    expect([await pagesOf(custNo!), await messagesTo(custNo!), await getPlan(ppsdsnNo!)]).toEqual(before);
    const documents = (await newest('/productDocuments')).filter(({ isueRefNo }) => isueRefNo === ppsdsnNo);
    expect(documents).toHaveLength(1);
  });
});
