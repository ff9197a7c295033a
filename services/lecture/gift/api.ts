import { Router } from 'express';
import {
  commandOf,
  jsonBody,
  type Kit,
  operation,
  parseBody,
  RuleViolation,
  readable,
  sendCreated,
} from '../../kit/index.ts';
import type { Rules } from './app.ts';
import { GiftBody, GiftWish } from './contract.ts';
import { Gift, giftsFor, registerGift } from './domain.ts';

const gifts = { kind: Gift, path: 'gifts', item: 'gift' };

export const api = (kit: Kit<Rules>): Router[] => [readable(kit.records, gifts), direct(kit), grant(kit)];

const amount = (fee: number, { GIFT_STEP: step, GIFT_MAXIMUM: maximum }: Rules): number =>
  giftsFor(fee, { step, maximum });

/** A gift without an enrolment. */
function direct({ records, config }: Kit<Rules>): Router {
  const router = Router();
  router.post('/gifts', ...jsonBody, async (request, response) => {
    const { giftstock, ...wish } = parseBody(GiftBody, request);
    const command = commandOf(request);
    const decide = (id: number) => registerGift(id, wish, giftstock ?? amount(wish.fee, config()));
    const created = await records.create(Gift, command, decide, { key: `direct-${command.cause}` });
    sendCreated(request, response, gifts, created);
  });
  return router;
}

/** Asked by point, once or several times for one enrolment. */
const grant = ({ records, config }: Kit<Rules>): Router =>
  operation('/internal/gifts', GiftWish, async (wish) => {
    try {
      const decide = (id: number) => registerGift(id, wish, amount(wish.fee, config()));
      await records.create(Gift, { cause: `grant-${wish.classId}` }, decide, { key: wish.classId });
      return { granted: true };
    } catch (error) {
      if (error instanceof RuleViolation) return { granted: false };
      throw error;
    }
  });
