import { from, view } from '../../kit/index.ts';
import { PayApproved, PayCanceled } from '../payment/contract.ts';
import { PlanSaved, PremiumCaculated } from '../plan/contract.ts';
import { PrductDesdCreated } from '../product/contract.ts';
import { ProposalSaved, ProposalWithdrawn } from '../proposal/contract.ts';
import { type MyPage, NAMES } from './contract.ts';

/** One calculation, plan or proposal by itself. `pagesOf` makes the rows that clients see. */
export interface Part extends MyPage {
  readonly of: 'calculation' | 'plan' | 'proposal';
  /** False while only the payment of a proposal is known. */
  readonly complete: boolean;
}

const STAGES = [
  'PayCanceled',
  'ProposalWithdrawn',
  'ProposalSaved',
  'PrductDesdCreated',
  'PlanSaved',
  'premiumCaculated',
] as const;
const GENDERS: Readonly<Record<string, string>> = { '1': '남자', '2': '여자' };

const planOf = ({ custNo, ppsdsnNo }: { custNo: string | null; ppsdsnNo: string | null }): string =>
  `plan-${custNo ?? ''}-${ppsdsnNo ?? ''}`;
const proposalOf = ({ prpsNo }: { prpsNo: string }): string => `proposal-${prpsNo}`;

/** The parts, each from its own events; an earlier stage never replaces a later one. */
export const parts = view('Mypage', {
  keyedBy: 'key',
  listBy: ['custNo', 'custNm'],
  from: {
    // A calculation belongs to nobody: each has a row of its own.
    premiumCaculated: from(PremiumCaculated, (_, { subject, id }) => `calculation-${subject || id}`),
    PlanSaved: from(PlanSaved, (plan) => planOf(plan)),
    PrductDesdCreated: from(PrductDesdCreated, (document) => planOf(document)),
    ProposalSaved: from(ProposalSaved, (proposal) => proposalOf(proposal)),
    PayApproved: from(PayApproved, (payment) => proposalOf(payment)),
    ProposalWithdrawn: from(ProposalWithdrawn, (proposal) => proposalOf(proposal)),
    PayCanceled: from(PayCanceled, (payment) => proposalOf(payment)),
  },
  row(id, facts): Part {
    const { premiumCaculated: calculation, PlanSaved: plan, PrductDesdCreated: description } = facts;
    const { ProposalSaved: proposal, PayApproved: paid, ProposalWithdrawn: withdrawn, PayCanceled: canceled } = facts;
    const facets = [withdrawn, proposal, plan, calculation, description, paid, canceled];
    const known = Object.assign({}, ...facets.toReversed().map(said)) as Partial<Record<string, string>>;
    const times = facets.flatMap((facet) => facet?.timestamp ?? []).sort();
    const is = {
      ...known,
      eventType: STAGES.find((type) => facts[type]),
      gndr: GENDERS[known.gndrCd ?? ''],
      progSt: description ? '상품설명서생성완료' : known.progSt,
      prodDesdIsueDt: description?.timestamp?.slice(0, 8) ?? known.prodDesdIsueDt,
      ...(paid ? { contStcd: '30', contStnm: '초회납입' } : {}),
      ...(canceled ? { contStcd: '40', contStnm: '결재취소' } : {}),
      // The numbers are the second of creation, which no later event moves.
      regDtm: proposal?.prpsNo ?? plan?.ppsdsnNo ?? times[0],
      chgDtm: times.at(-1),
    };
    const of = calculation ? 'calculation' : (plan ?? description) ? 'plan' : 'proposal';
    return { ...shown(id, is), of, complete: of !== 'proposal' || proposal !== undefined };
  },
});

// Loops, since a list makes a thousand rows at once: Object.fromEntries took four times as long (25 names, 40,000 rows, Node 20).
function said(facet: object | undefined): object {
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(facet ?? {})) if (value !== null && value !== '') known[name] = value;
  return known;
}

function shown(id: number, from: object): MyPage {
  const row: Record<string, unknown> = {};
  for (const name of NAMES) row[name] = (from as Record<string, unknown>)[name] ?? null;
  row.id = id;
  return row as MyPage;
}

/**
 * The rows that customers see. The first proposal made from a plan stands in the row of the plan, any other has a row of its own.
 * The lowest `prpsNo` is the first, so the order of the events does not matter.
 */
export function pagesOf(all: readonly Part[]): MyPage[] {
  const complete = all.filter((part) => part.complete);
  const proposals = complete
    .filter((part) => part.of === 'proposal')
    .sort((a, b) => ((a.prpsNo ?? '') < (b.prpsNo ?? '') ? -1 : 1));
  const first = new Map<string, Part>();
  for (const proposal of proposals) if (!first.has(planOf(proposal))) first.set(planOf(proposal), proposal);
  const joined = new Set<Part>();
  const rows = complete.map((part) => {
    const proposal = part.of === 'plan' ? first.get(planOf(part)) : undefined;
    if (!proposal) return part;
    joined.add(proposal);
    const [regDtm, , chgDtm] = [part.regDtm, proposal.regDtm, part.chgDtm, proposal.chgDtm].sort().toSpliced(1, 1);
    return { ...part, ...said(proposal), id: part.id, regDtm: regDtm ?? null, chgDtm: chgDtm ?? null };
  });
  return rows
    .filter((row) => !joined.has(row as Part))
    .map((row) => shown(row.id, row))
    .sort((a, b) => a.id - b.id);
}
