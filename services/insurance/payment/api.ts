import { Router } from 'express';
import { z } from 'zod';
import {
  byId,
  byKey,
  commandOf,
  idOf,
  ifMatch,
  jsonBody,
  type Kit,
  operation,
  Problem,
  parseBody,
  pause,
  RuleViolation,
  readable,
  sendItem,
} from '../../kit/index.ts';
import { stamp } from '../numbers.ts';
import { dataOf, online } from '../online.ts';
import type { Trouble } from './app.ts';
import { CheckWish, PaymentWish } from './contract.ts';
import { approvePayment, cancelPayment, Payment } from './domain.ts';

const payments = { kind: Payment, path: 'payments', item: 'payment' };

const CancelBody = z.object({
  status: z.literal('결재취소', 'can only become 결재취소; send {"status":"결재취소"}'),
});

export const api = (kit: Kit<Trouble>): Router[] => [
  readable(kit.records, payments),
  pay(kit),
  check(kit),
  cancellation(kit),
  memoryLeak(),
];

/** Asked by proposal, once or several times for one proposal; refused when that was withdrawn before. */
const pay = ({ records, config, context }: Kit<Trouble>): Router =>
  operation('/internal/payments', PaymentWish, async (wish) => {
    await pause(config().PAYMENT_DELAY_MS);
    try {
      const { prpsNo } = wish;
      const decide = approvePayment(wish, stamp({ context }));
      const payment = await records.create(Payment, { cause: `pay-${prpsNo}` }, decide, { key: prpsNo });
      return { approved: payment.status === '결재완료' };
    } catch (error) {
      if (error instanceof RuleViolation) return { approved: false };
      throw error;
    }
  });

const check = ({ records, config }: Kit<Trouble>): Router =>
  operation('/payments/chkPayment', CheckWish, async ({ prpsNo }) => {
    await pause(config().PAYMENT_DELAY_MS);
    const payment = prpsNo ? (await records.findBy(Payment, 'prpsNo', prpsNo)).at(0) : undefined;
    return { data: payment ? dataOf(['prpsNo', 'status', 'payAmt', 'payDtm'], payment) : null };
  });

/** Cancelling the payment alone: by proposal, or by changing the status of the payment. */
function cancellation({ records }: Kit<Trouble>): Router {
  const router = Router();
  router.patch('/payments/:id', ...jsonBody, async (request, response) => {
    parseBody(CancelBody, request);
    const decide = ifMatch(request, payments, cancelPayment);
    const changed = await records.change(byId(Payment, idOf(request)), commandOf(request), decide);
    if (!changed.state) throw new Problem(404, 'Not Found', `There is no payment ${request.params.id}.`);
    sendItem(request, response, payments, changed.state);
  });
  const byProposal = online('/payments/online', {
    any: async ({ svcFn, of, command }) => {
      if (svcFn !== 'cancelpay') return {};
      if (of('prpsNo')) await records.change(byKey(Payment, of('prpsNo')), command, cancelPayment);
      return { data: '처리완료' };
    },
  });
  return router.use(byProposal);
}

/** For operations exercises, not routed: takes memory until the process dies. */
function memoryLeak(): Router {
  const router = Router();
  router.get('/callMemleak', () => {
    const kept: number[][] = [];
    // A number needs 8 bytes, so these are steps of 1 MiB; between them others are served.
    const more = (): void => {
      kept.push(Array.from({ length: 131_072 }, Math.random));
      setImmediate(more);
    };
    more();
  });
  return router;
}
