import { readable } from '../../kit/index.ts';
import { NotificationBody } from './contract.ts';
import { Notification, shownOf } from './domain.ts';

const notifications = {
  kind: Notification,
  path: 'notifications',
  item: 'notification',
  answer: NotificationBody,
  show: shownOf,
};

/** They name no player. */
export const routes = readable(notifications, { access: { player: 'all' } });
