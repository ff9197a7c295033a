import type { Router } from 'express';
import { type Kit, readable } from '../../kit/index.ts';
import { Notification } from './domain.ts';

const notifications = {
  kind: Notification,
  path: 'notifications',
  item: 'notification',
  show: ({ event, ...notification }: Notification) => notification as Notification,
};

export const api = ({ records }: Kit): Router[] => [readable(records, notifications)];
