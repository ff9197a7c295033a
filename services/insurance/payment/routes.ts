import { answers, byKey, pause, RuleViolation, readable, routeFor } from '../../kit/index.ts';
import { stamp } from '../shared/numbers.ts';
import { agents, dataOf, online } from '../shared/online.ts';
import type { Config } from './config.ts';
import { CancelBody, CheckOutcome, CheckRequest, PaymentBody, PaymentOutcome, PaymentRequest } from './contract.ts';
import { approvePayment, cancelPayment, Payment } from './domain.ts';

const payments = { kind: Payment, path: 'payments', item: 'payment', answer: PaymentBody };
const route = routeFor<Config>();

const access = { ...agents, customer: { own: 'custNo' } } as const;

export const routes = [
  readable(payments, { access }),

  route.operation(
    '/internal/payments',
    {
      summary: 'Asked by proposal, once or several times for one proposal; refused when that was withdrawn before.',
      message: PaymentRequest,
      answer: answers.json(PaymentOutcome),
    },
    async ({ records, config, context, body }) => {
      await pause(config.PAYMENT_DELAY_MS);
      try {
        const { prpsNo } = body;
        const decide = approvePayment(body, stamp({ context }));
        const payment = await records.create(Payment, { cause: `pay-${prpsNo}` }, decide, { key: prpsNo });
        return { approved: payment.status === '결재완료' };
      } catch (error) {
        if (error instanceof RuleViolation) return { approved: false };
        throw error;
      }
    },
  ),

  route.operation(
    '/payments/chkPayment',
    {
      summary: 'What became of the payment of a proposal.',
      message: CheckRequest,
      answer: answers.json(CheckOutcome),
      access: agents,
      scopes: ['payments:read'],
    },
    async ({ records, config, body: { prpsNo } }) => {
      await pause(config.PAYMENT_DELAY_MS);
      const payment = prpsNo ? (await records.findBy(Payment, 'prpsNo', prpsNo)).at(0) : undefined;
      return { data: payment ? dataOf(['prpsNo', 'status', 'payAmt', 'payDtm'], payment) : null };
    },
  ),

  route.patch(
    '/payments/:id',
    { summary: 'Cancels a payment, and nothing else.', body: CancelBody, answer: answers.item(payments), access },
    (context) => context.change(payments, cancelPayment),
  ),

  online<Config>('/payments/online', 'cancelPay: cancels the payment of a proposal.', agents, {
    any: async ({ svcFn, of, command, context }) => {
      if (svcFn !== 'cancelpay') return {};
      if (of('prpsNo')) await context.records.change(byKey(Payment, of('prpsNo')), command, cancelPayment);
      return { data: '처리완료' };
    },
  }),

  route.get(
    '/callMemleak',
    { summary: 'For operations exercises, not routed: takes memory until the process dies.', answer: answers.nothing },
    () => {
      const kept: number[][] = [];
      // A number needs 8 bytes, so these are steps of 1 MiB; between them others are served.
      const more = (): void => {
        kept.push(Array.from({ length: 131_072 }, Math.random));
        setImmediate(more);
      };
      more();
      return new Promise(() => undefined);
    },
  ),
];
