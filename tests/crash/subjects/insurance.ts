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
  readonly ppsdsnNo: string;
  readonly custNm: string;
  sprm: number;
  changes: number;
}

const PREMIUM = 80_000;
const MESSAGES = new Set(
  'premiumCaculated,PlanSaved,ProductDesdRequested,PrductDesdCreated,ProposalSaved,PayApproved,ProposalWithdrawn,PayCanceled'.split(
    ',',
  ),
);

/** Plans are saved again and again, proposals are made with their first premium, withdrawn, or lose their payment. */
export function insurance(): Subject {
  const proposals: Proposal[] = [];
  const plans: Plan[] = [];
  /** One of the contract's, which are there from the start and stay as they are. */
  const prdcd = 'P00000005';
  let registered: Promise<unknown> | undefined;

  function client(session: ClientSession): () => Promise<void> {
    const mine: Proposal[] = [];
    const saved: (Plan & { id: number })[] = [];
    const product = {
      prdcd: 'P00000077',
      prdnm: '(무)재해사망보장',
      minEntAmt: 10_000,
      maxEntAmt: 100_000,
      prm: PREMIUM,
    };
    const customer = (custNm: string): Row => ({ custNo: String(100_000_000 + session.upTo(899_999_999)), custNm });
    const save = async (): Promise<void> => {
      const [custNm, sprm] = [session.name(), 1000 * session.upTo(90)];
      const answer = await session.command('POST', '/plans', {
        ppsdsnNo: '',
        prdcd,
        ...customer(custNm),
        sprm,
        entAmt: 50_000,
      });
      if (!session.accepted(answer, `plan of ${custNm}`)) return;
      const plan = { id: idOf(answer), ppsdsnNo: String(answer.body.ppsdsnNo), custNm, sprm, changes: 0 };
      plans.push(plan);
      saved.push(plan);
    };
    const saveAgain = async (plan: Plan & { id: number }): Promise<void> => {
      const sprm = 1000 * session.upTo(90);
      if (
        !session.accepted(await session.command('PATCH', `/plans/${plan.id}`, { sprm }), `plan ${plan.ppsdsnNo} change`)
      )
        return;
      plan.sprm = sprm;
      plan.changes++;
    };
    const apply = async (): Promise<void> => {
      const custNm = session.name();
      const [payAmt, sprm] =
        session.dice() < 0.5 ? [1000 * session.upTo(90), undefined] : [undefined, 1000 * session.upTo(90)];
      const request = { ppsdsnNo: '20210708033005', prdcd, ...customer(custNm), ...(payAmt ? { payAmt } : { sprm }) };
      const answer = await session.command('POST', '/proposals', request);
      // 409 and 422: the first try under this key was undone meanwhile, which refuses the command.
      if ((answer.unsure && [409, 422].includes(answer.status)) || !session.accepted(answer, `proposal of ${custNm}`))
        return;
      const made = { id: idOf(answer), prpsNo: String(answer.body.prpsNo), custNm, payAmt: payAmt ?? sprm ?? PREMIUM };
      const proposal = { ...made, withdrawn: false, paymentCanceled: false };
      proposals.push(proposal);
      mine.push(proposal);
    };
    const withdraw = async (one: Proposal): Promise<void> => {
      if (
        session.accepted(await session.command('DELETE', `/proposals/${one.id}`), `proposal ${one.prpsNo} withdrawal`)
      )
        one.withdrawn = true;
      mine.splice(mine.indexOf(one), 1);
    };
    const cancelPayment = async (one: Proposal): Promise<void> => {
      const body = { svcId: 'PPA001SVC', svcFn: 'cancelPay', prpsNo: one.prpsNo };
      if (session.accepted(await session.command('POST', '/payments/online', body), `payment of ${one.prpsNo} cancel`))
        one.paymentCanceled = true;
    };
    return async () => {
      registered ??= session
        .command('POST', '/products', product)
        .then((answer) => session.accepted(answer, 'the product'));
      await registered;
      const dice = session.dice();
      const [plan, proposal] = [session.pick(saved), session.pick(mine)];
      if (dice < 0.2 || !plan) return save();
      if (dice < 0.35) return saveAgain(plan);
      if (dice < 0.7 || !proposal) return apply();
      return dice < 0.85 || proposal.paymentCanceled ? withdraw(proposal) : cancelPayment(proposal);
    };
  }

  async function judge(findings: Findings): Promise<void> {
    const { documents } = findings.snapshot;
    const known = new Set<string>();
    for (const { id, prpsNo, custNm, payAmt, withdrawn, paymentCanceled } of proposals) {
      const about = `insurance-proposal/Proposal-of-${prpsNo}`;
      if (known.has(prpsNo)) findings.wrong(about, 'two commands were answered with it');
      known.add(prpsNo);
      const off = withdrawn || paymentCanceled;
      findings.fields(about, 'the proposal', findings.state(about), {
        ...{ id, prpsNo, custNm, rlpmPrm: payAmt, prpsStnm: withdrawn ? '청약철회' : '청약' },
        contStnm: off ? '결재취소' : '초회납입',
      });
      const payment = `insurance-payment/Payment-of-${prpsNo}`;
      findings.fields(about, 'the payment', findings.state(payment), {
        payAmt,
        custNm,
        status: off ? '결재취소' : '결재완료',
      });
      findings.publishes(about, { ProposalSaved: 1, ProposalWithdrawn: withdrawn ? 1 : 0 });
      findings.publishes(payment, { PayApproved: 1, PayCanceled: off ? 1 : 0 });
      const row = findings.state(`insurance-myinsurance/Mypage-of-proposal-${prpsNo}`);
      const heard = Object.keys((row?.facts as Row | undefined) ?? {})
        .sort()
        .join(', ');
      const published = [
        'PayApproved',
        'ProposalSaved',
        ...(withdrawn ? ['ProposalWithdrawn'] : []),
        ...(off ? ['PayCanceled'] : []),
      ];
      findings.expect(about, 'what the view heard', heard, published.sort().join(', '));
    }
    // Whatever belongs to no accepted command was given up, and its payment given back.
    for (const [key, { state }] of findings.all('insurance-proposal/Proposal'))
      if (state && !known.has(String(state.prpsNo)))
        findings.wrong(key, 'is the effect of a command that was never accepted');
    for (const [key, { state }] of findings.all('insurance-payment/Payment'))
      if (state && !known.has(String(state.prpsNo)) && state.status !== '결재취소')
        findings.wrong(key, 'is a payment without a contract');

    for (const { ppsdsnNo, custNm, sprm, changes } of plans) {
      const about = `insurance-plan/Plan-of-${ppsdsnNo}`;
      findings.fields(about, 'the plan', findings.state(about), { ppsdsnNo, custNm, sprm });
      findings.publishes(about, { PlanSaved: 1 + changes });
    }
    const stored = findings.all('insurance-plan/Plan').length;
    findings.expect('insurance', 'the number of plans', stored, plans.length);

    const messages = new Map<unknown, number>();
    for (const [key, document] of documents) {
      const event = key.startsWith('insurance-alarm/Msg-of-') && document?.state?.event;
      if (event) messages.set(event, (messages.get(event) ?? 0) + 1);
    }
    for (const { id, type } of findings.events.values())
      findings.expect(id, `the number of messages of ${type}`, messages.get(id) ?? 0, MESSAGES.has(type) ? 1 : 0);
  }

  return { system: 'insurance', client, judge };
}
