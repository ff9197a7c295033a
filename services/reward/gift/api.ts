import { setTimeout as sleep } from 'node:timers/promises';
import { Router } from 'express';
import { atOnce, bodyOf, commandOf, jsonBody, type Kit, readable, sendCreated } from '../../kit/index.ts';
import type { Limits } from './app.ts';
import { GiftBody, type GiftWish } from './contract.ts';
import { Gift, recordGift } from './domain.ts';

const gifts = { kind: Gift, path: 'gifts', item: 'gift' };

export const api = (kit: Kit<Limits>): Router[] => [
  Router().use(
    '/gifts',
    atOnce(() => kit.config().GIFT_AT_ONCE),
  ),
  readable(kit.records, gifts),
  recording(kit),
];

function recording({ records, config }: Kit<Limits>): Router {
  const router = Router();
  router.post('/gifts', ...jsonBody, async (request, response) => {
    const wish = bodyOf(GiftBody, request) as GiftWish;
    const { GIFT_DELAY_MS: least, GIFT_DELAY_MAXIMUM_MS: most } = config();
    if (most > 0) await sleep(least + Math.random() * Math.max(0, most - least));
    // Whoever gave up waiting was told that nothing is confirmed.
    if (response.closed) return;
    const gift = await records.create(Gift, commandOf(request), recordGift(wish), { key: wish.walletId });
    sendCreated(request, response, gifts, gift);
  });
  return router;
}
