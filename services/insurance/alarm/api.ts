import type { Router } from 'express';
import { z } from 'zod';
import { type Kit, operation, readable } from '../../kit/index.ts';
import { newestBy } from '../lists.ts';
import type { Wording } from './app.ts';
import { Message, shownOf } from './domain.ts';

const LIST = 1_000;

export const api = ({ records }: Kit<Wording>): Router[] => [
  readable(records, { kind: Message, path: 'msgs', item: 'msg', show: shownOf }),
  // Not routed: for other services. The newest messages, of all or of one customer.
  operation('/alarms.do', z.object({ myName: z.string().default('') }), async ({ myName }) => {
    const found = myName ? await newestBy(records, Message, 'custNm', myName) : await records.newest(Message, LIST);
    return found.map(shownOf);
  }),
];
