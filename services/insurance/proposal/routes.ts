import { answers, noContent, type RouteContext, RuleViolation, readable, routeFor } from '../../kit/index.ts';
import { PaymentOutcome } from '../payment/contract.ts';
import { UnderwritingOutcome } from '../product/contract.ts';
import { numberOf, today } from '../shared/numbers.ts';
import type { Config } from './config.ts';
import { ProposalAnswer, ProposalBody, WithdrawalBody } from './contract.ts';
import { amountOf, conclude, giveUp, Proposal, paymentFor, withdraw } from './domain.ts';
import { procedures } from './procedures.ts';

const proposals = { kind: Proposal, path: 'proposals', item: 'proposal', answer: ProposalAnswer };
const route = routeFor<Config>();
const access = { agent: 'all', customer: { own: 'custNo' } } as const;

export const routes = [
  readable(proposals, { access }),

  route.post(
    '/proposals',
    {
      summary: 'Concludes a contract: none without payment, and no payment without its contract.',
      body: ProposalBody,
      answer: answers.created(proposals),
      problems: [409, 422, 503],
      access,
    },
    (context) =>
      context.createAfter(proposals, async (id) => {
        const { sidecar, config, command, body } = context;
        const payAmt = amountOf(body) ?? (await premiumOf(context, body));
        // Tied to the record: a repetition under way at the same time must not pay under a second number.
        const prpsNo = await numberOf(context, 'prpsNo', { ...command, cause: `${id}-${command.cause}` });
        const wanted = paymentFor(prpsNo, payAmt, body);
        return {
          key: prpsNo,
          otherwise: giveUp(prpsNo, body),
          ask: async () =>
            (await sidecar.call(config['api.url.payment'], 'internal/payments', wanted, PaymentOutcome)).approved,
          decide: conclude(prpsNo, payAmt, body, today(context)),
        };
      }),
  ),

  // Either way the proposal stays to be seen, as withdrawn.
  route.patch(
    '/proposals/:id',
    { summary: 'Withdraws a proposal.', body: WithdrawalBody, answer: answers.item(proposals), access },
    (context) => context.change(proposals, withdraw),
  ),
  route.delete(
    '/proposals/:id',
    { summary: 'Withdraws a proposal.', answer: answers.nothing, access },
    async (context) => {
      await context.change(proposals, withdraw);
      return noContent;
    },
  ),

  procedures,
];

/** Asked only where the client says nothing of an amount. */
async function premiumOf(
  { sidecar, config }: Pick<RouteContext<Config, unknown, never>, 'sidecar' | 'config'>,
  { prdcd }: ProposalBody,
): Promise<number> {
  const asked = { prdcd: prdcd ?? '' };
  const outcome = await sidecar.call(config['api.url.product'], 'internal/underwriting', asked, UnderwritingOutcome);
  if ('refused' in outcome)
    throw new RuleViolation(`${outcome.refused}: without sprm or payAmt the product must be one that has a premium`);
  return outcome.product.prm;
}
