import { answers, RuleViolation, readable, routeFor } from '../../kit/index.ts';
import type { Config } from './config.ts';
import { GiftAnswer, GiftBody, GiftOutcome, GiftRequest } from './contract.ts';
import { Gift, giftsFor, registerGift } from './domain.ts';

const gifts = { kind: Gift, path: 'gifts', item: 'gift', answer: GiftAnswer };
const route = routeFor<Config>();

const amount = (fee: number, { GIFT_STEP: step, GIFT_MAXIMUM: maximum }: Config): number =>
  giftsFor(fee, { step, maximum });

export const routes = [
  readable(gifts, { access: { student: { own: 'student' } } }),

  route.post(
    '/gifts',
    { summary: 'Makes a gift without an enrolment.', body: GiftBody, answer: answers.created(gifts) },
    (context) => {
      const { giftstock, ...request } = context.body;
      const decide = (id: number) => registerGift(id, request, giftstock ?? amount(request.fee, context.config));
      return context.create(gifts, decide, `direct-${context.command.cause}`);
    },
  ),

  route.operation(
    '/internal/gifts',
    {
      summary: 'Asked by point, once or several times for one enrolment.',
      message: GiftRequest,
      inGroups: true,
      answer: answers.json(GiftOutcome),
    },
    async ({ records, config, body }) => {
      try {
        const decide = (id: number) => registerGift(id, body, amount(body.fee, config));
        await records.create(Gift, { cause: `grant-${body.classId}` }, decide, { key: body.classId });
        return { granted: true };
      } catch (error) {
        if (error instanceof RuleViolation) return { granted: false };
        throw error;
      }
    },
  ),
];
