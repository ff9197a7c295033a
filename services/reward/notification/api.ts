import type { Router } from 'express';
import { type Kit, readable } from '../../kit/index.ts';
import { Notification, shownOf } from './domain.ts';

const notifications = { kind: Notification, path: 'notifications', item: 'notification', show: shownOf };

export const api = ({ records }: Kit): Router[] => [readable(records, notifications)];
