import type { Row } from '../../harness/collection.ts';
import { type ClientSession, idOf, type Subject } from '../client-session.ts';
import type { Findings } from '../findings.ts';

interface Proposal {
  readonly id: number;
  readonly prpsNo: string;
  readonly custNm: string;
  readonly payAmt: number;
  withdrawn: boolean;
  paymentCanceled: boolean;
}
interface Plan {
  readonly id: number;
  readonly ppsdsnNo: string;
  readonly custNm: string;
  sprm: number;
  changes: number;
}
/** What clients were answered. */
interface Promised {
  readonly proposals: Proposal[];
  readonly plans: Plan[];
  /** One client registers the product for all; the others wait for what it is answered. */
  registration?: Promise<void> | undefined;
  product?: number;
}

const PRODUCT = {
  prdcd: 'P00000077',
  prdnm: '(무)재해사망보장',
  minEntAmt: 10_000,
  maxEntAmt: 100_000,
  prm: 80_000,
};
/** One of the contract's, which are there from the start and stay as they are. */
const PRODUCT_OF_THE_CONTRACT = 'P00000005';
const NOTICED = new Set(
  'premiumCaculated,PlanSaved,ProductDesdRequested,PrductDesdCreated,ProposalSaved,PayApproved,ProposalWithdrawn,PayCanceled'.split(
    ',',
  ),
);

/** Plans are saved again and again, proposals are made with their first premium, withdrawn, or lose their payment. */
export function insurance(): Subject {
  const promised: Promised = { proposals: [], plans: [] };
  return {
    system: 'insurance',
    client: (session) => new Client(session, promised),
    judge: (findings) => judge(promised, findings),
  };
}

class Client {
  private readonly mine: Proposal[] = [];
  private readonly saved: Plan[] = [];

  constructor(
    private readonly session: ClientSession,
    private readonly promised: Promised,
  ) {}

  async next(): Promise<void> {
    const { session, promised } = this;
    promised.registration ??= this.register();
    await promised.registration;
    const dice = session.dice();
    const [plan, proposal] = [session.pick(this.saved), session.pick(this.mine)];
    if (dice < 0.2 || !plan) return this.save();
    if (dice < 0.35) return this.saveAgain(plan);
    if (dice < 0.7 || !proposal) return this.apply();
    return dice < 0.85 || proposal.paymentCanceled ? this.withdraw(proposal) : this.cancelPayment(proposal);
  }

  private async register(): Promise<void> {
    const { session, promised } = this;
    const answer = await session.command('POST', '/products', PRODUCT);
    if (session.accepted(answer, 'the product')) promised.product = idOf(answer);
    // A 503 asks to come again, and nothing is registered: who begins before the service has started is told so.
    if (answer.status === 503) promised.registration = undefined;
  }

  private customer(custNm: string): Row {
    return { custNo: String(100_000_000 + this.session.upTo(899_999_999)), custNm };
  }

  private async save(): Promise<void> {
    const { session, promised, saved } = this;
    const [custNm, sprm] = [session.name(), 1000 * session.upTo(90)];
    const plan = { ppsdsnNo: '', prdcd: PRODUCT_OF_THE_CONTRACT, ...this.customer(custNm), sprm, entAmt: 50_000 };
    const answer = await session.command('POST', '/plans', plan);
    if (!session.accepted(answer, `plan of ${custNm}`)) return;
    const made = { id: idOf(answer), ppsdsnNo: String(answer.body.ppsdsnNo), custNm, sprm, changes: 0 };
    promised.plans.push(made);
    saved.push(made);
  }

  private async saveAgain(plan: Plan): Promise<void> {
    const { session } = this;
    const sprm = 1000 * session.upTo(90);
    const answer = await session.command('PATCH', `/plans/${plan.id}`, { sprm });
    if (!session.accepted(answer, `plan ${plan.ppsdsnNo} change`)) return;
    plan.sprm = sprm;
    plan.changes++;
  }

  private async apply(): Promise<void> {
    const { session, promised, mine } = this;
    const custNm = session.name();
    const premium = session.dice() < 0.5 ? 'payAmt' : 'sprm';
    const payAmt = 1000 * session.upTo(90);
    const product = { ppsdsnNo: '20210708033005', prdcd: PRODUCT_OF_THE_CONTRACT };
    const request = { ...product, ...this.customer(custNm), [premium]: payAmt };
    const answer = await session.command('POST', '/proposals', request);
    // 409 and 422: the first try under this key was undone meanwhile, which refuses the command.
    if ((answer.unsure && [409, 422].includes(answer.status)) || !session.accepted(answer, `proposal of ${custNm}`))
      return;
    const made = { id: idOf(answer), prpsNo: String(answer.body.prpsNo), custNm, payAmt };
    const proposal = { ...made, withdrawn: false, paymentCanceled: false };
    promised.proposals.push(proposal);
    mine.push(proposal);
  }

  private async withdraw(one: Proposal): Promise<void> {
    const { session, mine } = this;
    const answer = await session.command('DELETE', `/proposals/${one.id}`);
    if (session.accepted(answer, `proposal ${one.prpsNo} withdrawal`)) one.withdrawn = true;
    mine.splice(mine.indexOf(one), 1);
  }

  private async cancelPayment(one: Proposal): Promise<void> {
    const { session } = this;
    const body = { svcId: 'PPA001SVC', svcFn: 'cancelPay', prpsNo: one.prpsNo };
    const answer = await session.command('POST', '/payments/online', body);
    if (session.accepted(answer, `payment of ${one.prpsNo} cancel`)) one.paymentCanceled = true;
  }
}

const keyOf = (prpsNo: unknown): string => `insurance-proposal/Proposal-of-${prpsNo}`;

async function judge({ proposals, plans, product }: Promised, findings: Findings): Promise<void> {
  const known = findings.answeredOnce(proposals.map(({ prpsNo }) => keyOf(prpsNo)));
  // Whatever belongs to no accepted command was given up, and its payment given back.
  findings.acceptedOnly('insurance-proposal/Proposal', (_, state) => !state || known.has(keyOf(state.prpsNo)));
  for (const [key, { state }] of findings.all('insurance-payment/Payment'))
    if (state && !known.has(keyOf(state.prpsNo)) && state.status !== '결재취소')
      findings.wrong(key, 'is a payment without a contract');
  for (const proposal of proposals) {
    isWhollyMadeOrGivenUp(findings, proposal);
    isSeenAsTold(findings, proposal);
  }

  for (const { ppsdsnNo, custNm, sprm, changes } of plans) {
    const about = `insurance-plan/Plan-of-${ppsdsnNo}`;
    findings.fields(about, 'the plan', findings.state(about), { ppsdsnNo, custNm, sprm });
    findings.publishes(about, { PlanSaved: 1 + changes });
  }
  findings.expect('insurance', 'the number of plans', findings.all('insurance-plan/Plan').length, plans.length);

  isRegisteredOnce(findings, product);
  const messages = [...findings.snapshot.documents].flatMap(([key, document]) =>
    key.startsWith('insurance-alarm/Msg-of-') && document?.state?.event ? [String(document.state.event)] : [],
  );
  findings.noticedOnce(messages, NOTICED);
}

function isWhollyMadeOrGivenUp(findings: Findings, proposal: Proposal): void {
  const { id, prpsNo, custNm, payAmt, withdrawn, paymentCanceled } = proposal;
  const [about, payment] = [keyOf(prpsNo), `insurance-payment/Payment-of-${prpsNo}`];
  const off = withdrawn || paymentCanceled;
  findings.fields(about, 'the proposal', findings.state(about), {
    ...{ id, prpsNo, custNm, rlpmPrm: payAmt, prpsStnm: withdrawn ? '청약철회' : '청약' },
    contStnm: off ? '결재취소' : '초회납입',
  });
  const paid = { payAmt, custNm, status: off ? '결재취소' : '결재완료' };
  findings.fields(about, 'the payment', findings.state(payment), paid);
  findings.publishes(about, { ProposalSaved: 1, ProposalWithdrawn: withdrawn ? 1 : 0 });
  findings.publishes(payment, { PayApproved: 1, PayCanceled: off ? 1 : 0 });
}

function isSeenAsTold(findings: Findings, { prpsNo, withdrawn, paymentCanceled }: Proposal): void {
  const row = findings.state(`insurance-myinsurance/Mypage-of-proposal-${prpsNo}`);
  const heard = Object.keys((row?.facts as Row | undefined) ?? {});
  const published = [
    'PayApproved',
    'ProposalSaved',
    ...(withdrawn ? ['ProposalWithdrawn'] : []),
    ...(withdrawn || paymentCanceled ? ['PayCanceled'] : []),
  ];
  findings.expect(keyOf(prpsNo), 'what the view heard', heard.sort().join(', '), published.sort().join(', '));
}

/** The product stands as it was registered, and its code stands nowhere else. */
function isRegisteredOnce(findings: Findings, id: number | undefined): void {
  const about = `insurance-product/Product-${id}`;
  if (id !== undefined) findings.fields(about, 'the product', findings.state(about), { id, ...PRODUCT });
  const ofItsCode = findings.all('insurance-product/Product').filter(([, { state }]) => state?.prdcd === PRODUCT.prdcd);
  const should = id === undefined ? 0 : 1;
  findings.expect(PRODUCT.prdcd, 'the number of products', ofItsCode.length, should);
}
