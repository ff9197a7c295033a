import { Router } from 'express';
import { type Kit, readable, writable } from '../../kit/index.ts';
import { dataOf } from '../online.ts';
import { CustomerBody, customerFields } from './contract.ts';
import { Customer, changeCustomer, registerCustomer, removeCustomer } from './domain.ts';

const customers = { kind: Customer, path: 'customers', item: 'customer' };
const ONLINE = [...Object.keys(customerFields).filter((name) => name !== 'insJobNm'), 'eventType'];

export const api = (kit: Kit): Router[] => [
  lookup(kit),
  readable(kit.records, customers),
  writable(kit.records, customers, {
    body: CustomerBody,
    create: registerCustomer,
    change: changeCustomer,
    remove: removeCustomer,
  }),
];

/** A customer by number; of several with the same one, the newest. */
function lookup({ records }: Kit): Router {
  const router = Router();
  router.get('/customers/online/:custNo', async (request, response) => {
    const newest = { number: 0, size: 1, descending: true };
    const [customer] = (await records.find(Customer, 'custNo', request.params.custNo, newest)).items;
    response.json({ data: customer ? dataOf(ONLINE, customer) : null });
  });
  return router;
}
