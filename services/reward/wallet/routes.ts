import { answers, byId, CalleeUnavailable, itemAnswer, Problem, readable, routeFor } from '../../kit/index.ts';
import { GiftRecorded } from '../gift/contract.ts';
import type { Config } from './config.ts';
import { ExchangeBody, WalletBody } from './contract.ts';
import { exchange, Wallet } from './domain.ts';

const wallets = { kind: Wallet, path: 'wallets', item: 'wallet', answer: WalletBody };
const route = routeFor<Config>();

const access = { player: { own: 'customerId' } } as const;

export const routes = [
  readable(wallets, { access }),

  route.patch(
    '/wallets/:id',
    {
      summary: 'Exchanges a wallet entry. The gift comes first: an entry for which none was recorded stays as it is.',
      body: ExchangeBody,
      answer: answers.item(wallets),
      problems: [503],
      access,
    },
    async (context) => {
      const { records, sidecar, config, id, command, body } = context;
      const { status } = body;
      // Whatever was done under this key is answered, or refused, before gift is asked for anything.
      const first = (await records.answered(Wallet, command))?.state;
      if (first) return itemAnswer(wallets, first);
      let wallet = await records.get(Wallet, id);
      // Asked before the gift is: once that is recorded the exchange has to follow.
      if (wallet) context.requireMatch(wallets, wallet);
      if (status && wallet?.status === 'Issued') {
        const asked = { walletId: id, rewardId: wallet.rewardId, status };
        await sidecar.call(config['api.url.gift'], 'gifts', asked, GiftRecorded).catch((error) => {
          throw error instanceof CalleeUnavailable && error.reached ? unknownGift(error) : error;
        });
      }
      // A change that changes nothing is kept under its key, too.
      wallet = (await records.change(byId(Wallet, id), command, status ? exchange : () => undefined)).state;
      if (!wallet) throw context.missing(wallets);
      return itemAnswer(wallets, wallet);
    },
  ),
];

/** Gift may have recorded it all the same; then the entry follows by itself, or when the customer comes back. */
const unknownGift = ({ message, retryAfterSeconds }: CalleeUnavailable): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    `${message}, so the exchange is not confirmed. Please try again in a moment; there is never more than one gift.`,
    { retryAfterSeconds, outcome: 'unknown' },
  );
