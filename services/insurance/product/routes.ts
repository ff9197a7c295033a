import { z } from 'zod';
import { answers, checked, ok, type Records, RuleViolation, readable, routeFor, writable } from '../../kit/index.ts';
import { numberOf, today } from '../shared/numbers.ts';
import { agents, dataOf, online } from '../shared/online.ts';
import type { Config } from './config.ts';
import {
  CheckRequest,
  DocumentAnswer,
  DocumentBody,
  ProductAnswer,
  ProductBody,
  productFields,
  UnderwritingOutcome,
  UnderwritingRequest,
} from './contract.ts';
import {
  changeProduct,
  issueDocument,
  Product,
  ProductDocument,
  registerProduct,
  removeProduct,
  underwrite,
} from './domain.ts';

const products = { kind: Product, path: 'products', item: 'product', answer: ProductAnswer };
const documents = {
  kind: ProductDocument,
  path: 'productDocuments',
  item: 'productDocument',
  answer: DocumentAnswer,
  show: ({ request, ...document }: ProductDocument) => document,
};
const route = routeFor<Config>();
const everyone = { everyone: 'all' } as const;
const UNKNOWN = '등록되지 않은 상품코드';
const ONLINE = [...Object.keys(productFields), 'eventType'];

/** Of several products with the same code, the one registered last is sold. */
const productOf = async (records: Records, prdcd: string): Promise<Product | undefined> =>
  (await records.find(Product, 'prdcd', prdcd, { number: 0, size: 1, descending: true })).items[0];

export const routes = [
  readable(products, { access: everyone }),
  writable(products, {
    body: ProductBody,
    create: registerProduct,
    change: changeProduct,
    remove: removeProduct,
    access: agents,
  }),
  readable(documents, { access: agents }),

  route.post(
    '/productDocuments',
    {
      summary: 'Issues a document by hand; what it is for is not checked.',
      body: DocumentBody,
      answer: answers.created(documents),
      access: agents,
    },
    async (context) => {
      const { command, body } = context;
      const isueNo = await numberOf(context, 'isueNo', command);
      return context.create(documents, issueDocument(command.cause, isueNo, body), command.cause);
    },
  ),

  route.operation(
    '/internal/underwriting',
    {
      summary: 'Asked by plan before it calculates or saves, and by proposal for the premium.',
      message: UnderwritingRequest,
      answer: answers.json(UnderwritingOutcome),
    },
    async ({ records, context, body }) => {
      const product = await productOf(records, body.prdcd);
      const refused = product ? underwrite(product, body, today({ context })) : UNKNOWN;
      return refused === undefined ? { product } : { refused };
    },
  ),

  online<Config>(
    '/products/online',
    'PDA001SVC: a product. PDA002SVC chkProduct: whether it may be had so.',
    everyone,
    {
      PDA001SVC: async ({ of, context: { records } }) => ({
        data: dataOf([...ONLINE, 'productList'], await productOf(records, of('prdcd'))),
      }),
      PDA002SVC: async ({ svcFn, of, context: { records, context } }) => {
        const names = [...ONLINE, 'adMsg'];
        if (svcFn !== 'chkproduct') return { data: dataOf(names) };
        const product = await productOf(records, of('prdcd'));
        const { entAmt } = checked(CheckRequest, { entAmt: of('entAmt') || null });
        const refused = product ? underwrite(product, { entAmt }, today({ context })) : UNKNOWN;
        if (refused !== undefined) throw new RuleViolation(refused);
        return { data: dataOf(names, product) };
      },
    },
    ['products:read'],
  ),

  route.post(
    '/products/chkProduct',
    {
      // The name of the function is compared exactly here.
      summary: 'All products with a code, if their limits admit the amount.',
      message: CheckRequest,
      answer: answers.json(z.array(ProductAnswer)),
      problems: [422],
      access: everyone,
      scopes: ['products:read'],
    },
    async ({ records, context, body: { prdcd, entAmt, svcFn } }) => {
      const found = await records.findBy(Product, 'prdcd', prdcd);
      for (const product of svcFn === 'chkProduct' ? found : []) {
        const refused = underwrite(product, { entAmt }, today({ context }));
        if (refused !== undefined) throw new RuleViolation(refused);
      }
      return ok(found);
    },
  ),
];
