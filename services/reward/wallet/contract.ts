import { z } from 'zod';
import { event, integer, positive } from '../../kit/domain/index.ts';

/** Body of PATCH /wallets/{id}, which exchanges an entry. Other fields change nothing. */
export const ExchangeRequest = z.object({ status: z.literal('Exchanged', 'can only become Exchanged').optional() });
export type ExchangeRequest = z.output<typeof ExchangeRequest>;
export const ExchangeBody = ExchangeRequest.loose();

/** An entry of a wallet as clients see it. */
export const WalletBody = z.object({
  id: integer,
  rewardId: integer,
  customerId: integer.nullable(),
  status: z.enum(['Issued', 'Exchanged']),
});

const entry = z.object({ id: positive, rewardId: positive });

/** A reward came into its customer's wallet. */
export const Issued = event('Issued', entry.extend({ customerId: integer.nullable(), status: z.literal('Issued') }));

/** A reward was exchanged for a gift. */
export const Exchanged = event('Exchanged', entry.extend({ status: z.literal('Exchanged') }));
