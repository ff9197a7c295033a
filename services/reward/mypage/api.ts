import type { Router } from 'express';
import { type Kit, readableView } from '../../kit/index.ts';
import { mypage } from './views.ts';

export const api = ({ records }: Kit): Router[] => [readableView(records, mypage, 'mypages', 'mypage', true)];
