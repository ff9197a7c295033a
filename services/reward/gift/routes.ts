import { answers, pauseBetween, readable, routeFor } from '../../kit/index.ts';
import type { Config } from './config.ts';
import { GiftAnswer, GiftBody } from './contract.ts';
import { Gift, recordGift } from './domain.ts';

const gifts = { kind: Gift, path: 'gifts', item: 'gift', answer: GiftAnswer };
/** Gift takes so many requests at a time, reads among them. */
const limit = { limit: ({ GIFT_AT_ONCE }: Config) => GIFT_AT_ONCE };
const route = routeFor<Config>();

export const routes = [
  readable(gifts, { limit, access: { player: 'all' } }),

  route.post(
    '/gifts',
    {
      summary: 'Records the gift for a wallet entry.',
      body: GiftBody,
      answer: answers.created(gifts),
      limit,
      access: { player: { own: 'customerId', of: '/wallets/{walletId}' } },
    },
    async (context) => {
      const { GIFT_DELAY_MS: least, GIFT_DELAY_MAXIMUM_MS: most } = context.config;
      // Whoever gives up waiting was told that nothing is confirmed.
      await pauseBetween(least, most);
      return context.create(gifts, recordGift(context.body), context.body.walletId);
    },
  ),
];
