import { expectProblem, type Fields, rows } from '../../harness/client.ts';
import {
  APPLIED,
  apply,
  calculate,
  call,
  cancelPayment,
  contractOf,
  describePlan,
  ends,
  get,
  getPlan,
  online,
  paymentsBy,
  person,
  planRequest,
  proposalRequest,
  register,
  savePlan,
  termsOf,
  WITHDRAWN,
  withdraw,
} from '../client.ts';

/** Whatever a client sends, the answer is a clear 4xx or that of docs/contracts/insurance.md, and nothing is half done. */

const AMOUNTS = ['much', '', '1e4', '0x10', -1, '-0.01', 1.005, '1.005', 1e21, '9999999999999999', true, {}, [1]];

test.each(AMOUNTS.map((value) => [value]))(
  '4. given an amount of %j, when it is sent anywhere, then 400 names the field and nothing is stored',
  async (value) => {
    const prdcd = await register();
    const { custNo, custNm } = person();
    expectProblem(await call('POST', '/plans', planRequest(prdcd, { custNo, entAmt: value })), 400, 'entAmt');
    expectProblem(await call('POST', '/plans', planRequest(prdcd, { custNo, sprm: value })), 400, 'sprm');
    expectProblem(await call('POST', '/products', termsOf({ prm: value })), 400, 'prm');
    expectProblem(await call('POST', '/proposals', proposalRequest({ custNo, custNm, payAmt: value })), 400, 'payAmt');
    if (value !== '') expectProblem(await calculate(prdcd, { entAmt: value }), 400, 'entAmt');
    expect((await getPlan('', { custNo })).planInfoList).toEqual([]);
    expect(await paymentsBy(custNo)).toEqual([]);
  },
);

test.each([
  ['/products', 'prdcd', { ...termsOf(), prdcd: 'X1' }],
  ['/products', 'prdcd', { ...termsOf(), prdcd: undefined }],
  ['/products', 'prm', { ...termsOf(), prm: undefined }],
  ['/products', 'prm', { ...termsOf(), prm: null }],
  ['/products', 'prdnm', { ...termsOf(), prdnm: ' ' }],
  ['/products', 'minEntAge', { ...termsOf(), minEntAge: -1 }],
  ['/products', 'maxEntAge', { ...termsOf(), maxEntAge: 'old' }],
  ['/products', 'price', { ...termsOf(), price: 1 }],
  ['/customers', 'custNo', { custNo: '12', custNm: 'john' }],
  ['/customers', 'custNm', { custNo: '000000001' }],
  ['/customers', 'custNm', { custNo: '000000001', custNm: 'x'.repeat(51) }],
  ['/customers', 'gndrCd', { custNo: '000000001', custNm: 'john', gndrCd: '3' }],
  ['/customers', 'aclBirdt', { custNo: '000000001', custNm: 'john', aclBirdt: '19941301' }],
  ['/plans', 'prdcd', planRequest('X')],
  ['/plans', 'entAmt', { ...planRequest('P00000001'), entAmt: undefined }],
  ['/plans', 'custNo', planRequest('P00000001', { custNo: 'a||b' })],
  ['/plans', 'ppsdsnDt', planRequest('P00000001', { ppsdsnDt: 'today' })],
  ['/proposals', 'actNo', proposalRequest({ actNo: 'x'.repeat(51) })],
  ['/proposals', 'custNo', proposalRequest({ custNo: 7 })],
  ['/proposals', 'prize', proposalRequest({ prize: 'x' })],
  ['/productDocuments', 'isueRefNo', { prdcd: 'P00000001' }],
  ['/plans/online', 'svcId', { svcId: 'PLA009SVC' }],
  ['/plans/online', 'svcId', { svcFn: 'calcPrm' }],
  ['/plans/online', 'svcId', { svcId: { a: 1 } }],
  ['/products/online', 'svcId', { svcId: 'toString' }],
  ['/proposals/online', 'svcId', { svcId: 'NBA002SVC', svcFn: 'prodDesdIsue' }],
  ['/payments/chkPayment', 'prpsNo', {}],
])('1-7, 10. given a request, when %s gets a wrong %s, then 400 names the field', async (path, field, body) => {
  expectProblem(await call('POST', path, body), 400, field);
});

test.each([
  ['PUT', '/proposals/1'],
  ['POST', '/payments'],
  ['DELETE', '/payments/1'],
  ['DELETE', '/productDocuments/1'],
  ['POST', '/mypages'],
  ['PATCH', '/mypages/1'],
  ['DELETE', '/mypages/1'],
  ['POST', '/msgs'],
  ['DELETE', '/msgs/1'],
])('30. given what clients may not do, when they try %s %s, then 405', async (method, path) => {
  expectProblem(await call(method, path, {}), 405);
});

test('5, 10, 15. given bodies that are none, when they are sent, then 400', async () => {
  for (const path of ['/plans', '/proposals', '/plans/online', '/mypages/online', '/products/chkProduct'])
    for (const body of ['{"a":', '[]', '"x"']) expectProblem(await call('POST', path, body), 400);
});

test('7, 13. given no such record, when it is read, changed or removed, then 404', async () => {
  for (const path of ['plans', 'products', 'customers', 'proposals', 'payments', 'productDocuments', 'mypages', 'msgs'])
    expectProblem(await get(`/${path}/999999999`), 404);
  for (const path of ['plans', 'products', 'customers']) {
    expectProblem(await call('PATCH', `/${path}/999999999`, {}), 404);
    expectProblem(await call('DELETE', `/${path}/999999999`), 404);
  }
  expectProblem(await call('PATCH', '/proposals/999999999', { prpsStnm: '청약철회' }), 404);
  expectProblem(await call('DELETE', '/proposals/999999999'), 404);
  expectProblem(await call('PATCH', '/payments/999999999', { status: '결재취소' }), 404);
  expectProblem(await withdraw('20010101000000'), 404);
  expectProblem(await withdraw(''), 404);
  expectProblem(await describePlan('20010101000000'), 404);
});

test('6, 12. given odd texts, when something is looked for by them, then nothing is found', async () => {
  const odd = encodeURIComponent(`a||b ${'x'.repeat(300)}'"; DROP`);
  for (const [path, field] of [
    ['plans', 'ppsdsnNo'],
    ['plans', 'custNo'],
    ['products', 'prdcd'],
    ['proposals', 'prpsNo'],
    ['payments', 'prpsNo'],
    ['msgs', 'custNm'],
    ['mypages', 'custNm'],
  ] as const) {
    const finder = `findBy${field.charAt(0).toUpperCase()}${field.slice(1)}`;
    expect(rows(await get(`/${path}/search/${finder}?${field}=${odd}`))).toEqual([]);
    expectProblem(await get(`/${path}/search/${finder}`), 400, field);
  }
  expect((await get("/customers/online/a'b")).body).toEqual({ data: null });
  expectProblem(await get(`/customers/online/${encodeURIComponent('a||b')}`), 404);
  expect(await contractOf('a||b', { custNo: 'c||d' })).toMatchObject({ status: 200, body: { data: { prpsNo: null } } });
});

test('10, 15. given names with every kind of sign, when a customer goes all the way, then the names come back as they were', async () => {
  const custNm = `Ω||'";--양\\ ${person().custNo}`;
  const plan = await savePlan({ custNm });
  const proposal = await apply({ custNo: plan.custNo, custNm, ppsdsnNo: plan.ppsdsnNo });
  await ends(proposal, { ...APPLIED, custNm }, '결재완료');
  const found = await get(`/mypages/search/findByCustNm?custNm=${encodeURIComponent(custNm)}`);
  expect(rows(found)).toMatchObject([{ custNm, prpsNo: proposal.prpsNo }]);
});

test('1, 2, 5. given a record, when its owner or code is changed, then it is refused and stays', async () => {
  const plan = await savePlan();
  const [product] = rows<Fields>(await get(`/products/search/findByPrdcd?prdcd=${plan.prdcd}`));
  const made = await call('POST', '/customers', person());
  for (const [path, change] of [
    [`/plans/${plan.id}`, { custNo: person().custNo }],
    [`/plans/${plan.id}`, { custNm: 'somebody else' }],
    [`/products/${product?.id}`, { prdcd: 'P00000001' }],
    [`/customers/${made.body.id}`, { custNo: '000000001' }],
  ] as const) {
    const before = (await get(path)).body;
    expectProblem(await call('PATCH', path, change), 422);
    expect((await get(path)).body).toEqual(before);
  }
});

test('5. given what was read, when it is sent back, then what the service owns is ignored and the rest taken', async () => {
  const plan = await savePlan();
  const sent = { ...plan, ppsdsnNo: '1', progSt: '상품설명서생성완료', sprm: '90000' };
  const { body } = await call('PUT', `/plans/${plan.id}`, sent);
  expect(body).toEqual({ ...plan, sprm: 90000 });
});

test('16. given nothing to pay, when it is applied for, then it is refused and nothing is stored', async () => {
  for (const fields of [
    { payAmt: 0 },
    { sprm: '0' },
    { sprm: undefined, prdcd: 'P99999999' },
    { sprm: undefined, prdcd: undefined },
  ]) {
    const request = proposalRequest(fields);
    expectProblem(await call('POST', '/proposals', request), 422);
    expect(rows(await get(`/proposals/search/findByCustNo?custNo=${request.custNo}`))).toEqual([]);
    expect(await paymentsBy(request.custNo as string)).toEqual([]);
  }
});

test('13. given a contract, when it is changed to anything but withdrawn, then 400, and it stays', async () => {
  const proposal = await apply();
  for (const change of [{ prpsStnm: '청약' }, { contStcd: '40' }, { sprm: 1 }, {}])
    expectProblem(await call('PATCH', `/proposals/${proposal.id}`, change), 400);
  const [payment] = await paymentsBy(proposal.custNo);
  expectProblem(await call('PATCH', `/payments/${payment?.id}`, { status: '결재완료' }), 400, 'status');
  await ends(proposal, APPLIED, '결재완료');
});

test('13. given a contract just made, when it is withdrawn at once, and paid back at once, then all ends cancelled', async () => {
  await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const proposal = await apply();
      const [first, second] = index % 2 ? [withdraw, cancelPayment] : [cancelPayment, withdraw];
      for (const step of [first, second, first]) expect((await step(proposal.prpsNo)).status).toBe(200);
      await ends(proposal, WITHDRAWN, '결재취소');
    }),
  );
});

test('6, 7. given functions nobody has, when they are called, then nothing happens and all members are null', async () => {
  const { ppsdsnNo } = await savePlan();
  for (const svcId of ['PLA001SVC', 'PLA002SVC']) {
    const { status, body } = await online('plans', svcId, 'savePlan', { ppsdsnNo });
    expect(status).toBe(200);
    expect(Object.values(body.data as object).filter((value) => value !== null)).toEqual([]);
  }
  expect((await online('plans', 'PLA003SVC', 'other', { ppsdsnNo })).body).toMatchObject({ data: { ppsdsnNo } });
  expect((await getPlan(ppsdsnNo)).progSt).toBe('가입설계');
});
