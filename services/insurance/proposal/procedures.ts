import { byKey, RuleViolation } from '../../kit/index.ts';
import { CheckOutcome } from '../payment/contract.ts';
import { newestBy } from '../shared/lists.ts';
import { dataOf, type OnlineCall, online } from '../shared/online.ts';
import type { Config } from './config.ts';
import { Proposal, withdraw } from './domain.ts';

const APPLICATION = ['prpsNo', 'prpsStcd', 'prpsStnm', 'contStcd', 'contStnm', 'dpsDt'];
const REQUEST = [
  ...['ppsdsnNo', 'prdcd', 'prdnm', 'custNo', 'custNm'],
  ...['slctPlnrEno', 'slctPlnrNm', 'slctDofOrgNo', 'slctDofOrgNm', 'sprm', 'entAmt'],
];
/** Of a plan's fields the answer has the names only. */
const CONTRACT = [
  ...REQUEST,
  ...APPLICATION,
  ...['ppsdsnDt', 'insPrd', 'pmPrd', 'pmCyl', 'entEmt', 'prodDesdIsueDt', 'progSt', 'payStatus', 'eventType'],
];
const LISTED = [
  ...REQUEST,
  ...APPLICATION,
  ...['prpsDt', 'contNo', 'contDt', 'pmMcd', 'pmCylCd', 'rlpmPrm', 'prpsdIsueDt', 'eventType'],
];

type Call = OnlineCall<Config>;

/** 계약조회: the contract, and from payment whether it is paid. */
async function getCntr({ of, context: { records, sidecar, config } }: Call): Promise<object> {
  const [prpsNo, custNo] = [of('prpsNo'), of('custNo')];
  const proposal = prpsNo ? (await records.findBy(Proposal, 'prpsNo', prpsNo)).at(0) : undefined;
  const all = custNo ? await newestBy(records, Proposal, 'custNo', custNo) : undefined;
  const prpsInfoList = all?.map((one) => dataOf(LISTED, one)) ?? null;
  const asked =
    proposal && (await sidecar.call(config['api.url.payment'], 'payments/chkPayment', { prpsNo }, CheckOutcome));
  return { ...dataOf(CONTRACT, { ...proposal, payStatus: asked?.data?.status }), prpsInfoList };
}

/** 청약철회 */
async function wdrwPrps({ of, command, context: { records } }: Call): Promise<object> {
  const prpsNo = of('prpsNo');
  const changed = prpsNo ? await records.change(byKey(Proposal, prpsNo), command, withdraw) : undefined;
  if (!changed?.state) throw new RuleViolation(`There is no proposal with prpsNo "${prpsNo}".`, 404);
  return dataOf(LISTED, changed.state);
}

/** The contract's remote procedures of proposals. */
export const procedures = online<Config>(
  '/proposals/online',
  'NBA001SVC: a contract. NBA003SVC wdrwPrps: withdraws a proposal.',
  { agent: 'all', customer: { own: 'custNo', of: '/proposals/search/findByPrpsNo?prpsNo={prpsNo}' } },
  {
    NBA001SVC: async (call) => ({ data: await getCntr(call) }),
    NBA003SVC: async (call) => ({ data: call.svcFn === 'wdrwprps' ? await wdrwPrps(call) : dataOf(LISTED) }),
  },
);
