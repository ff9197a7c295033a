import { z } from 'zod';
import { event, integer, positive } from '../../kit/domain/index.ts';

/** What wallet asks for, once or several times for one entry. The full stop: docs/contracts/reward.md#oddity-full-stop */
export const GiftRequest = z.object({
  walletId: positive,
  rewardId: integer.nullable().default(null),
  status: z
    .enum(['Exchanged', 'Exchanged.'], 'can only be Exchanged')
    .default('Exchanged')
    .transform(() => 'Exchanged' as const),
});
export type GiftRequest = z.output<typeof GiftRequest>;
export const GiftBody = GiftRequest.loose();

/** A gift as clients see it. */
export const GiftAnswer = z.object({
  id: integer,
  rewardId: integer.nullable(),
  walletId: integer,
  status: z.literal('Exchanged'),
});

/** The part of the answer of POST /gifts that others rely on. */
export const GiftRecorded = z.object({ id: integer, walletId: integer });

/** A gift was recorded: docs/contracts/reward.md#oddity-used */
export const Used = event('Used', z.object({ id: positive, walletId: positive }));
export type Used = z.output<typeof Used.schema>;
