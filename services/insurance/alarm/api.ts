import type { Router } from 'express';
import { z } from 'zod';
import { type Kit, operation, readable } from '../../kit/index.ts';
import type { Wording } from './app.ts';
import { Message } from './domain.ts';

const shown = ({ event, ...message }: Message): Message => message as Message;
const LIST = 1_000;

export const api = ({ records }: Kit<Wording>): Router[] => [
  readable(records, { kind: Message, path: 'msgs', item: 'msg', show: shown }),
  // Not routed: for other services. All messages, or those of one customer.
  operation('/alarms.do', z.object({ myName: z.string().default('') }), async ({ myName }) => {
    const found = myName ? await records.findBy(Message, 'custNm', myName) : await records.newest(Message, LIST);
    return found.map(shown);
  }),
];
