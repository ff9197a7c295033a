import type { Router } from 'express';
import { type Kit, readableView } from '../../kit/index.ts';
import { myOrder } from './views.ts';

export const api = ({ records }: Kit): Router[] => [readableView(records, myOrder, 'myOrders', 'myOrder', true)];
