import { create, type EventType, type Kit, log, type Policy, whenever } from '../../kit/index.ts';
import { stamp } from '../numbers.ts';
import { PayApproved, PayCanceled } from '../payment/contract.ts';
import { PlanSaved, PremiumCaculated, ProductDesdRequested } from '../plan/contract.ts';
import { PrductDesdCreated } from '../product/contract.ts';
import { ProposalSaved, ProposalWithdrawn } from '../proposal/contract.ts';
import type { Wording } from './app.ts';
import { type Concerned, Message, record, textOf } from './domain.ts';

/** Customers hear of every stage. */
const TOLD = [
  PremiumCaculated,
  PlanSaved,
  ProductDesdRequested,
  PrductDesdCreated,
  ProposalSaved,
  PayApproved,
  ProposalWithdrawn,
  PayCanceled,
] as unknown as EventType<Concerned>[];

export const policies = ({ sidecar, config }: Kit<Wording>): Policy[] => {
  // A message that cannot go out comes again with its event; only a crash between the two sends one twice.
  const send = async (event: string, text: string, { custNm, phoneNo = null }: Concerned): Promise<void> => {
    await sidecar.notify(text, { custNm, phoneNo });
    log.info('message', { event, text });
  };
  return TOLD.map((event) =>
    whenever(event, (concerned, { id, type }) => {
      const text = textOf(config()['alarm.prefix'], type, concerned);
      return create(Message, id, record(id, text, concerned, stamp()), () => send(id, text, concerned));
    }),
  );
};
