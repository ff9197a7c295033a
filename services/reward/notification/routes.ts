import { readable } from '../../kit/index.ts';
import { NotificationBody } from './contract.ts';
import { Notification, shownOf } from './domain.ts';

export const routes = readable({
  kind: Notification,
  path: 'notifications',
  item: 'notification',
  answer: NotificationBody,
  show: shownOf,
});
