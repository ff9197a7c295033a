import type { Router } from 'express';
import { readableView } from '../../kit/rest.ts';
import type { Kit } from '../../kit/service.ts';
import { mypage } from './views.ts';

export const api = ({ records }: Kit): Router[] => [readableView(records, mypage, 'mypages', 'mypage', true)];
