import { sameInAnyOrder } from '../../../tests/harness/any-order.ts';
import type { DomainEvent, Received } from '../../kit/index.ts';
import { rowsAfter } from '../../kit/testing/index.ts';
import { approvePayment, cancelPayment } from '../payment/domain.ts';
import { learnDescription, publishCalculation, requestDescription, saveAgain, savePlan } from '../plan/domain.ts';
import { describePlan } from '../product/domain.ts';
import { conclude, giveUp, paymentFor, withdraw } from '../proposal/domain.ts';
import type { MyPage } from './contract.ts';
import { pagesOf, parts } from './views.ts';

let second = 0;
/** What a change of a record told, each with the version of the record and the time. */
const published = (subject: string, version: number, ...events: readonly DomainEvent[]): Received[] =>
  events.map(({ type, data }, index) => ({
    id: `${subject}/${version}.${index}`,
    type,
    data: { ...(data as object), timestamp: `202107081200${String(second++).padStart(2, '0')}` },
    subject,
    version,
    traceparent: undefined,
  }));

const customer = { custNo: '000000002', custNm: '양건우' };
const PLAN = '20210708033005';
const planned = savePlan(PLAN, { ...customer, prdcd: 'P00000005', entAmt: 50000, ppsdsnDt: '20210708' })(1);
const requested = requestDescription(planned.state!)!;
const described = describePlan('event', '20210708033010', {
  ...(requested.events[0]?.data as Parameters<typeof describePlan>[2]),
})(1);
const savedAgain = saveAgain(learnDescription('20210708')(requested.state!).state!, { ppsdsnDt: '20210709' });
const terms = { prdcd: 'P00000005', prdnm: '보장', insPrd: null, pmPrd: null, pmCyl: null, prm: 80000 };
const asked = { gndrCd: '1', aclBirdt: '19940101', phoneNo: '010', custNm: '양건우', entAmt: null } as const;
const calculated = publishCalculation(terms, { ...asked, prdcd: 'P00000005' })(1);

const request = { ...customer, ppsdsnNo: PLAN, prdcd: 'P00000005' };
const applied = (prpsNo: string) => {
  const payment = approvePayment(paymentFor(prpsNo, 80000, request), prpsNo)(1);
  const proposal = conclude(prpsNo, 80000, request, '20210708')(1);
  return {
    made: [
      ...published(`Payment-${prpsNo}`, 1, ...payment.events),
      ...published(`Proposal-${prpsNo}`, 1, ...proposal.events),
    ],
    withdrawn: published(`Proposal-${prpsNo}`, 2, ...withdraw(proposal.state!)!.events),
    canceled: published(`Payment-${prpsNo}`, 2, ...cancelPayment(payment.state!)!.events),
  };
};
const [first, second_, lost] = ['20210708040000', '20210708050000', '20210708030000'].map(applied) as [
  ReturnType<typeof applied>,
  ReturnType<typeof applied>,
  ReturnType<typeof applied>,
];

const calculation = published('Calculation-1', 1, ...calculated.events);
const plan = published('Plan-1', 1, ...planned.events);
const description = [...plan, ...published('ProductDocument-1', 1, ...described.events)];
const resaved = [...description, ...published('Plan-1', 3, ...savedAgain.events)];
const paths = {
  calculation,
  plan,
  description,
  resaved,
  proposal: [...plan, ...first.made],
  withProposalFirst: [...first.made, ...description],
  withdrawn: [...description, ...first.made, ...first.withdrawn, ...first.canceled],
  canceled: [...plan, ...first.made, ...first.canceled],
  twoProposals: [...plan, ...first.made, ...second_.made, ...first.withdrawn, ...first.canceled],
  // Paid, and then given up: the payment went back, and there never was a proposal.
  givenUp: [
    ...plan,
    lost.made[0]!,
    ...published('Proposal-lost', 1, ...giveUp('20210708030000', request).events),
    ...lost.canceled,
    ...first.made,
  ],
  everything: [...calculation, ...resaved, ...first.made, ...second_.made, ...first.withdrawn, ...first.canceled],
};

/** The pages after these events. Which number a row has depends on what came first, so it is left out. */
const pagesAfter = (events: readonly Received[]): Omit<MyPage, 'id'>[] =>
  pagesOf(rowsAfter(parts, events))
    .map(({ id: _, ...page }) => page)
    .sort((a, b) => (JSON.stringify([a.progSt, a.prpsNo]) < JSON.stringify([b.progSt, b.prpsNo]) ? -1 : 1));

const described_ = { progSt: '상품설명서생성완료', prodDesdIsueDt: '20210708' };
const WITHDRAWN = { prpsStcd: '90', prpsStnm: '청약철회', contStcd: '40', contStnm: '결재취소' };

test.each<[keyof typeof paths, object[]]>([
  [
    'calculation',
    [{ eventType: 'premiumCaculated', progSt: '보험료계산', gndr: '남자', custNo: null, ppsdsnNo: null }],
  ],
  ['plan', [{ eventType: 'PlanSaved', progSt: '가입설계', ppsdsnNo: PLAN, regDtm: PLAN, ...customer }]],
  ['description', [{ eventType: 'PrductDesdCreated', ...described_ }]],
  ['resaved', [{ ...described_, ppsdsnDt: '20210709' }]],
  ['proposal', [{ eventType: 'ProposalSaved', progSt: '가입설계', prpsNo: '20210708040000', contStcd: '30' }]],
  ['withProposalFirst', [{ eventType: 'ProposalSaved', ...described_, prpsNo: '20210708040000', prpsStnm: '청약' }]],
  ['withdrawn', [{ eventType: 'PayCanceled', ...described_, ...WITHDRAWN, ppsdsnDt: '20210708' }]],
  ['canceled', [{ eventType: 'PayCanceled', prpsStcd: '10', contStcd: '40', contStnm: '결재취소' }]],
  [
    'twoProposals',
    [
      { progSt: '가입설계', prpsNo: '20210708040000', ...WITHDRAWN },
      { progSt: null, prpsNo: '20210708050000', ppsdsnNo: PLAN, contStcd: '30' },
    ],
  ],
  ['givenUp', [{ progSt: '가입설계', prpsNo: '20210708040000', contStcd: '30' }]],
])('given %s, when all its events came, then the rows show it', (path, rows) => {
  expect(pagesAfter(paths[path])).toMatchObject(rows);
  expect(pagesAfter(paths[path])).toHaveLength(rows.length);
});

test('given only a payment, when its proposal has not come yet, then there is no row, and it is not lost', () => {
  const [payment, proposal] = first.made as [Received, Received];
  expect(pagesAfter([payment])).toEqual([]);
  expect(pagesAfter([payment, proposal])).toEqual(pagesAfter([proposal, payment]));
});

test('given two descriptions of one plan, published with the same version, when they came in any order, then the rows agree', () => {
  const second = published('ProductDocument-2', 1, ...described.events);
  sameInAnyOrder([...description, ...second], pagesAfter);
  sameInAnyOrder([...resaved, ...first.made, ...second], pagesAfter);
});

test.each(Object.entries(paths))(
  'given the events of %s, in any order, any number of times and late, then the rows are the same',
  (_, events) => sameInAnyOrder(events, pagesAfter),
);
