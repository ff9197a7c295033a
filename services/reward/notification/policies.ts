import { create, type Kit, log, type Policy, type Reaction, type Received, whenever } from '../../kit/index.ts';
import { MissionAchieved } from '../mission/contract.ts';
import { Allocated } from '../reward/contract.ts';
import { Exchanged, Issued } from '../wallet/contract.ts';
import {
  giftExchanged,
  missionAchieved,
  type Notice,
  Notification,
  notify,
  rewardAllocated,
  walletIssued,
} from './domain.ts';

/** Sent first, noted then: only a crash between the two can send a message twice, none can lose it. */
export const policies = ({ sidecar }: Kit): Policy[] => {
  const sendMessage =
    <T>(notice: (data: T) => Notice) =>
    (data: T, { id }: Received<T>): Reaction => {
      const { message, ...about } = notice(data);
      return create(Notification, id, notify(id, { ...about, message }), async () => {
        await sidecar.notify(`${message} ${JSON.stringify(about)}`);
        log.info(message, about);
      });
    };
  return [
    whenever(MissionAchieved, sendMessage(missionAchieved)),
    whenever(Allocated, sendMessage(rewardAllocated)),
    whenever(Issued, sendMessage(walletIssued)),
    whenever(Exchanged, sendMessage(giftExchanged)),
  ];
};
