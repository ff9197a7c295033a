import { z } from 'zod';
import { answers, readable, routeFor } from '../../kit/index.ts';
import { newestBy } from '../shared/lists.ts';
import type { Config } from './config.ts';
import { MessageBody, MessageRequest } from './contract.ts';
import { Message, shownOf } from './domain.ts';

const LIST = 1_000;
const route = routeFor<Config>();

export const routes = [
  readable(
    { kind: Message, path: 'msgs', item: 'msg', answer: MessageBody, show: shownOf },
    { access: { agent: 'all', customer: { own: 'custNo' } } },
  ),

  route.operation(
    '/alarms.do',
    {
      summary: 'Not routed, for other services: the newest messages, of all or of one customer.',
      message: MessageRequest,
      answer: answers.json(z.array(MessageBody)),
    },
    async ({ records, body: { myName } }) => {
      const found = myName ? await newestBy(records, Message, 'custNm', myName) : await records.newest(Message, LIST);
      return found.map(shownOf);
    },
  ),
];
