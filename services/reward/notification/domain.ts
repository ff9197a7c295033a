import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';

/** What a notification is about: as much of it as its event says. */
export interface Notice {
  readonly missionId: number | null;
  readonly rewardId: number | null;
  readonly walletId: number | null;
  readonly status: string | null;
  readonly message: 'MISSION ACHIEVED!' | 'REWARD ALLOCATED!' | 'WALLET ISSUED!' | 'GIFT EXCHANGED!';
}

/** One for each event: noted first, then sent, then marked as sent. */
export interface Notification extends Identified, Notice {
  /** Id of the event; not shown. */
  readonly event: string;
  /** False until the message went out; absent in notifications of earlier versions, which were sent before they were kept. */
  readonly sent?: boolean;
}
export const Notification = aggregate<Notification>('Notification', { keyedBy: 'event' });

const nothing = { missionId: null, rewardId: null, walletId: null, status: null };

export const missionAchieved = ({ id: missionId }: Identified): Notice => ({
  ...nothing,
  missionId,
  message: 'MISSION ACHIEVED!',
});
export const rewardAllocated = ({ id: rewardId }: Identified): Notice => ({
  ...nothing,
  rewardId,
  message: 'REWARD ALLOCATED!',
});
export const walletIssued = ({ id: walletId, status }: Identified & { status: string }): Notice => ({
  ...nothing,
  walletId,
  status,
  message: 'WALLET ISSUED!',
});
export const giftExchanged = ({ id: walletId, status }: Identified & { status: string }): Notice => ({
  ...nothing,
  walletId,
  status,
  message: 'GIFT EXCHANGED!',
});

export const note =
  (event: string, notice: Notice) =>
  (id: number): Decision<Notification> =>
    decided({ id, event, ...notice, sent: false });

export const isSent = ({ sent }: Notification): boolean => sent !== false;
export const markSent = (notification: Notification): Decision<Notification> =>
  decided({ ...notification, sent: true });

/** A notification as clients see it. */
export const shownOf = ({ event: _, sent: __, ...shown }: Notification): Identified & Notice => shown;
