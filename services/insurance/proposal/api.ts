import { type Request, Router } from 'express';
import {
  byId,
  byKey,
  type Command,
  commandOf,
  idOf,
  ifMatch,
  jsonBody,
  type Kit,
  Problem,
  parseBody,
  RuleViolation,
  readable,
  sendCreated,
  sendItem,
} from '../../kit/index.ts';
import { newestBy } from '../lists.ts';
import { numberOf, today } from '../numbers.ts';
import { dataOf, online } from '../online.ts';
import { CheckOutcome, PaymentOutcome } from '../payment/contract.ts';
import { UnderwritingOutcome } from '../product/contract.ts';
import type { Addresses } from './app.ts';
import { ProposalBody, WithdrawalBody } from './contract.ts';
import { amountOf, conclude, giveUp, Proposal, paymentFor, withdraw } from './domain.ts';

const proposals = { kind: Proposal, path: 'proposals', item: 'proposal' };

const APPLICATION = ['prpsNo', 'prpsStcd', 'prpsStnm', 'contStcd', 'contStnm', 'dpsDt'];
const WISH = [
  ...['ppsdsnNo', 'prdcd', 'prdnm', 'custNo', 'custNm'],
  ...['slctPlnrEno', 'slctPlnrNm', 'slctDofOrgNo', 'slctDofOrgNm', 'sprm', 'entAmt'],
];
/** Of a plan's fields the answer has the names only. */
const CONTRACT = [
  ...WISH,
  ...APPLICATION,
  ...['ppsdsnDt', 'insPrd', 'pmPrd', 'pmCyl', 'entEmt', 'prodDesdIsueDt', 'progSt', 'payStatus', 'eventType'],
];
const LISTED = [
  ...WISH,
  ...APPLICATION,
  ...['prpsDt', 'contNo', 'contDt', 'pmMcd', 'pmCylCd', 'rlpmPrm', 'prpsdIsueDt', 'eventType'],
];

export const api = (kit: Kit<Addresses>): Router[] => [
  readable(kit.records, proposals),
  application(kit),
  withdrawal(kit),
  procedures(kit),
];

/** No contract without payment, and no payment without its contract. */
function application(kit: Kit<Addresses>): Router {
  const { records, sidecar, config } = kit;
  const router = Router();
  router.post('/proposals', ...jsonBody, async (request, response) => {
    const wish = parseBody(ProposalBody, request);
    const command = commandOf(request);
    const made = await records.createAfter(Proposal, command, async (id) => {
      const payAmt = amountOf(wish) ?? (await premiumOf(kit, wish));
      // Tied to the record: a repetition under way at the same time must not pay under a second number.
      const prpsNo = await numberOf(kit, 'prpsNo', { ...command, cause: `${id}-${command.cause}` });
      const wanted = paymentFor(prpsNo, payAmt, wish);
      return {
        key: prpsNo,
        otherwise: giveUp(prpsNo, wish),
        ask: async () => {
          const payment = config()['api.url.payment'];
          return (await sidecar.call(payment, 'internal/payments', wanted, PaymentOutcome)).approved;
        },
        decide: conclude(prpsNo, payAmt, wish, today(kit)),
      };
    });
    sendCreated(request, response, proposals, made);
  });
  return router;
}

/** Asked only where the client says nothing of an amount. */
async function premiumOf({ sidecar, config }: Kit<Addresses>, { prdcd }: ProposalBody): Promise<number> {
  const asked = { prdcd: prdcd ?? '' };
  const product = config()['api.url.product'];
  const outcome = await sidecar.call(product, 'internal/underwriting', asked, UnderwritingOutcome);
  if ('refused' in outcome)
    throw new RuleViolation(`${outcome.refused}: without sprm or payAmt the product must be one that has a premium`);
  return outcome.product.prm;
}

/** By PATCH or DELETE; either way the proposal stays to be seen, as withdrawn. */
function withdrawal({ records }: Kit<Addresses>): Router {
  const router = Router();
  const withdrawn = async (request: Request): Promise<Proposal> => {
    const changed = await records.change(
      byId(Proposal, idOf(request)),
      commandOf(request),
      ifMatch(request, proposals, withdraw),
    );
    if (!changed.state) throw new Problem(404, 'Not Found', `There is no proposal ${request.params.id}.`);
    return changed.state;
  };
  router.patch('/proposals/:id', ...jsonBody, async (request, response) => {
    parseBody(WithdrawalBody, request);
    sendItem(request, response, proposals, await withdrawn(request));
  });
  router.delete('/proposals/:id', async (request, response) => {
    await withdrawn(request);
    response.status(204).end();
  });
  return router;
}

function procedures({ records, sidecar, config }: Kit<Addresses>): Router {
  /** 계약조회: the contract, and from payment whether it is paid. */
  const getCntr = async (prpsNo: string, custNo: string): Promise<object> => {
    const proposal = prpsNo ? (await records.findBy(Proposal, 'prpsNo', prpsNo)).at(0) : undefined;
    const all = custNo ? await newestBy(records, Proposal, 'custNo', custNo) : undefined;
    const prpsInfoList = all?.map((one) => dataOf(LISTED, one)) ?? null;
    const asked =
      proposal && (await sidecar.call(config()['api.url.payment'], 'payments/chkPayment', { prpsNo }, CheckOutcome));
    const payment = asked?.data;
    return { ...dataOf(CONTRACT, { ...proposal, payStatus: payment?.status }), prpsInfoList };
  };

  /** 청약철회 */
  const wdrwPrps = async (prpsNo: string, command: Command): Promise<object> => {
    const changed = prpsNo ? await records.change(byKey(Proposal, prpsNo), command, withdraw) : undefined;
    if (!changed?.state) throw new RuleViolation(`There is no proposal with prpsNo "${prpsNo}".`, 404);
    return dataOf(LISTED, changed.state);
  };

  return online('/proposals/online', {
    NBA001SVC: async ({ of }) => ({ data: await getCntr(of('prpsNo'), of('custNo')) }),
    NBA003SVC: async ({ svcFn, of, command }) => ({
      data: svcFn === 'wdrwprps' ? await wdrwPrps(of('prpsNo'), command) : dataOf(LISTED),
    }),
  });
}
