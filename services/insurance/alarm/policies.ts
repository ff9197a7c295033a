import { type EventSchema, type Kit, log, noteThenDo, type Policy, whenever } from '../../kit/index.ts';
import { PayApproved, PayCanceled } from '../payment/contract.ts';
import { PlanSaved, PremiumCaculated, ProductDesdRequested } from '../plan/contract.ts';
import { PrductDesdCreated } from '../product/contract.ts';
import { ProposalSaved, ProposalWithdrawn } from '../proposal/contract.ts';
import { stamp } from '../shared/numbers.ts';
import type { Config } from './config.ts';
import { type Concerned, isSent, Message, markSent, record, textOf } from './domain.ts';

/** The events that become messages to customers. */
const REPORTED: readonly EventSchema<Concerned>[] = [
  PremiumCaculated,
  PlanSaved,
  ProductDesdRequested,
  PrductDesdCreated,
  ProposalSaved,
  PayApproved,
  ProposalWithdrawn,
  PayCanceled,
];

/** Noted before it is sent: a store that takes no writes sends nothing, and only a crash in between sends one twice. */
export const policies = ({ records, sidecar, config, context }: Kit<Config>): Policy[] =>
  REPORTED.map((event) =>
    whenever(event, async (concerned, { id, type }) => {
      const text = textOf(config()['alarm.prefix'], type, concerned);
      await noteThenDo(records, Message, {
        key: id,
        cause: id,
        note: record(id, text, concerned, stamp({ context })),
        isDone: isSent,
        effect: async ({ message, custNm, phoneNo }) => {
          await sidecar.notify(message, { custNm, phoneNo });
          log.info('message', { event: id, text: message });
        },
        done: markSent,
      });
      return [];
    }),
  );
