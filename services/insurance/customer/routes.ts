import { answers, ok, readable, route, writable } from '../../kit/index.ts';
import { dataOf } from '../shared/online.ts';
import { CustomerAnswer, CustomerBody, LOOKUP, LookupAnswer } from './contract.ts';
import { Customer, changeCustomer, registerCustomer, removeCustomer } from './domain.ts';

const customers = { kind: Customer, path: 'customers', item: 'customer', answer: CustomerAnswer };

const access = { agent: 'all', customer: { own: 'custNo' } } as const;

export const routes = [
  route.get(
    '/customers/online/:custNo',
    {
      summary: 'A customer by number; of several with the same one, the newest.',
      answer: answers.json(LookupAnswer),
      access,
    },
    async (context) => {
      const newest = { number: 0, size: 1, descending: true };
      const [customer] = (await context.records.find(Customer, 'custNo', context.param('custNo'), newest)).items;
      return ok({ data: customer ? dataOf(LOOKUP, customer) : null });
    },
  ),

  readable(customers, { access }),
  writable(customers, {
    body: CustomerBody,
    create: registerCustomer,
    change: changeCustomer,
    remove: removeCustomer,
    access,
  }),
];
