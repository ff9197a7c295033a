import { type Kit, log, noteThenDo, type Policy, type Received, whenever } from '../../kit/index.ts';
import { MissionAchieved } from '../mission/contract.ts';
import { Allocated } from '../reward/contract.ts';
import { Exchanged, Issued } from '../wallet/contract.ts';
import {
  giftExchanged,
  isSent,
  markSent,
  missionAchieved,
  type Notice,
  Notification,
  note,
  rewardAllocated,
  walletIssued,
} from './domain.ts';

/** Noted before it is sent: a store that takes no writes sends nothing, and only a crash in between sends one twice. */
export const policies = ({ records, sidecar }: Kit): Policy[] => {
  const sendMessage =
    <T>(notice: (data: T) => Notice) =>
    async (data: T, { id }: Received<T>): Promise<readonly []> => {
      const { message, ...about } = notice(data);
      await noteThenDo(records, Notification, {
        key: id,
        cause: id,
        note: note(id, { ...about, message }),
        isDone: isSent,
        effect: async () => {
          await sidecar.notify(`${message} ${JSON.stringify(about)}`);
          log.info(message, about);
        },
        done: markSent,
      });
      return [];
    };
  return [
    whenever(MissionAchieved, sendMessage(missionAchieved)),
    whenever(Allocated, sendMessage(rewardAllocated)),
    whenever(Issued, sendMessage(walletIssued)),
    whenever(Exchanged, sendMessage(giftExchanged)),
  ];
};
