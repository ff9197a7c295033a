import { aggregate, type Decision, decided, ended, type Identified, RuleViolation } from '../../kit/domain/index.ts';
import { type CustomerFields, wholeCustomer } from './contract.ts';

export interface Customer extends Identified, CustomerFields {}
export const Customer = aggregate<Customer>('Customer', { listBy: ['custNo'] });

/** Publishes nothing: docs/contracts/insurance.md#oddity-no-events */
export const registerCustomer = (id: number, request: Partial<CustomerFields>): Decision<Customer> =>
  decided({ id, ...wholeCustomer(request) });

export const changeCustomer = (customer: Customer, change: Partial<CustomerFields>): Decision<Customer> => {
  if (change.custNo !== undefined && change.custNo !== customer.custNo)
    throw new RuleViolation(`custNo of a customer stays; register ${change.custNo} as another one`);
  return decided({ ...customer, ...change });
};

export const removeCustomer = (): Decision<Customer> => ended();
