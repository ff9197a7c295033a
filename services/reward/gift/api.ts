import { type RequestHandler, Router } from 'express';
import {
  commandOf,
  concurrencyLimit,
  jsonBody,
  type Kit,
  parseBody,
  pause,
  readable,
  sendCreated,
} from '../../kit/index.ts';
import type { Limits } from './app.ts';
import { GiftBody } from './contract.ts';
import { Gift, recordGift } from './domain.ts';

const gifts = { kind: Gift, path: 'gifts', item: 'gift' };

/** Gift takes so many requests at a time, reads among them; a command takes its place when its body is there. */
export const api = (kit: Kit<Limits>): Router[] => {
  const limited = concurrencyLimit(() => kit.config().GIFT_AT_ONCE);
  const reads = Router().use('/gifts', (request, response, next) => {
    if (request.method === 'POST') next();
    else limited(request, response, next);
  });
  return [reads, readable(kit.records, gifts), recording(kit, limited)];
};

function recording({ records, config, context }: Kit<Limits>, limited: RequestHandler): Router {
  const router = Router();
  router.post('/gifts', ...jsonBody, limited, async (request, response) => {
    const wish = parseBody(GiftBody, request);
    const { GIFT_DELAY_MS: least, GIFT_DELAY_MAXIMUM_MS: most } = config();
    // Whoever gives up waiting was told that nothing is confirmed.
    await pause(most > 0 ? least + context.random() * Math.max(0, most - least) : 0);
    const gift = await records.create(Gift, commandOf(request), recordGift(wish), { key: wish.walletId });
    sendCreated(request, response, gifts, gift);
  });
  return router;
}
