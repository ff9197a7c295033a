import { Router } from 'express';
import {
  byId,
  CalleeUnavailable,
  commandOf,
  idOf,
  ifMatch,
  jsonBody,
  type Kit,
  Problem,
  parseBody,
  readable,
  sendItem,
} from '../../kit/index.ts';
import { GiftRecorded } from '../gift/contract.ts';
import type { Addresses } from './app.ts';
import { ExchangeBody } from './contract.ts';
import { exchange, Wallet } from './domain.ts';

const wallets = { kind: Wallet, path: 'wallets', item: 'wallet' };

export const api = (kit: Kit<Addresses>): Router[] => [readable(kit.records, wallets), exchanging(kit)];

/** The gift comes first: an entry for which none was recorded stays as it is. */
function exchanging({ records, sidecar, config }: Kit<Addresses>): Router {
  const router = Router();
  router.patch('/wallets/:id', ...jsonBody, async (request, response) => {
    const { status } = parseBody(ExchangeBody, request);
    const id = idOf(request);
    const command = commandOf(request);
    // Whatever was done under this key is answered, or refused, before gift is asked for anything.
    const first = (await records.answered(Wallet, command))?.state;
    if (first) {
      sendItem(request, response, wallets, first);
      return;
    }
    let wallet = await records.get(Wallet, id);
    // Asked before the gift is: once that is recorded the exchange has to follow.
    if (wallet) ifMatch(request, wallets, () => undefined)(wallet);
    if (status && wallet?.status === 'Issued') {
      const asked = { walletId: id, rewardId: wallet.rewardId, status };
      await sidecar.call(config()['api.url.gift'], 'gifts', asked, GiftRecorded).catch((error) => {
        throw error instanceof CalleeUnavailable && error.reached ? unknownGift(error) : error;
      });
    }
    // A change that changes nothing is kept under its key, too.
    wallet = (await records.change(byId(Wallet, id), command, status ? exchange : () => undefined)).state;
    if (!wallet) throw new Problem(404, 'Not Found', `There is no wallet ${id}.`);
    sendItem(request, response, wallets, wallet);
  });
  return router;
}

/** Gift may have recorded it all the same; then the entry follows by itself, or when the customer comes back. */
const unknownGift = ({ message, retryAfterSeconds }: CalleeUnavailable): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    `${message}, so the exchange is not confirmed. Please try again in a moment; there is never more than one gift.`,
    { retryAfterSeconds, outcome: 'unknown' },
  );
