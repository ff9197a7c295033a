import { Router } from 'express';
import { z } from 'zod';
import {
  checked,
  commandOf,
  jsonBody,
  type Kit,
  operation,
  parseBody,
  RuleViolation,
  readable,
  sendCreated,
  writable,
} from '../../kit/index.ts';
import { numberOf, today } from '../numbers.ts';
import { dataOf, online } from '../online.ts';
import { amount } from '../values.ts';
import type { Rules } from './app.ts';
import { DocumentBody, ProductBody, productFields, UnderwritingWish } from './contract.ts';
import {
  changeProduct,
  issueDocument,
  Product,
  ProductDocument,
  registerProduct,
  removeProduct,
  underwrite,
} from './domain.ts';

const products = { kind: Product, path: 'products', item: 'product' };
const documents = {
  kind: ProductDocument,
  path: 'productDocuments',
  item: 'productDocument',
  show: ({ request, ...document }: ProductDocument) => document as ProductDocument,
};
const UNKNOWN = '등록되지 않은 상품코드';
const ONLINE = [...Object.keys(productFields), 'eventType'];
const Wished = z.object({ prdcd: z.string().default(''), entAmt: amount.nullish(), svcFn: z.string().nullish() });

export const api = (kit: Kit<Rules>): Router[] => [
  readable(kit.records, products),
  writable(kit.records, products, {
    body: ProductBody,
    create: registerProduct,
    change: changeProduct,
    remove: removeProduct,
  }),
  readable(kit.records, documents),
  issue(kit),
  underwriting(kit),
  inquiry(kit),
  check(kit),
];

/** Of several products with the same code, the one registered last is sold. */
const productOf = async ({ records }: Kit<Rules>, prdcd: string): Promise<Product | undefined> =>
  (await records.find(Product, 'prdcd', prdcd, { number: 0, size: 1, descending: true })).items[0];

/** Asked by plan before it calculates or saves, and by proposal for the premium. */
const underwriting = (kit: Kit<Rules>): Router =>
  operation('/internal/underwriting', UnderwritingWish, async (wish) => {
    const product = await productOf(kit, wish.prdcd);
    const refused = product ? underwrite(product, wish, today(kit)) : UNKNOWN;
    return refused === undefined ? { product } : { refused };
  });

const inquiry = (kit: Kit<Rules>): Router =>
  online('/products/online', {
    PDA001SVC: async ({ of }) => ({ data: dataOf([...ONLINE, 'productList'], await productOf(kit, of('prdcd'))) }),
    PDA002SVC: async ({ svcFn, of }) => {
      const names = [...ONLINE, 'adMsg'];
      if (svcFn !== 'chkproduct') return { data: dataOf(names) };
      const product = await productOf(kit, of('prdcd'));
      const { entAmt } = checked(Wished, { entAmt: of('entAmt') || null });
      const refused = product ? underwrite(product, { entAmt }, today(kit)) : UNKNOWN;
      if (refused !== undefined) throw new RuleViolation(refused);
      return { data: dataOf(names, product) };
    },
  });

/** All products with a code, if those limits admit the amount; the function's name is compared exactly here. */
function check(kit: Kit<Rules>): Router {
  const { records } = kit;
  const router = Router();
  router.post('/products/chkProduct', ...jsonBody, async (request, response) => {
    const { prdcd, entAmt, svcFn } = checked(Wished, request.body);
    const found = await records.findBy(Product, 'prdcd', prdcd);
    const asked = svcFn === 'chkProduct' ? found : [];
    for (const product of asked) {
      const refused = underwrite(product, { entAmt }, today(kit));
      if (refused !== undefined) throw new RuleViolation(refused);
    }
    response.json(found);
  });
  return router;
}

/** A document issued by hand; what it is for is not checked. */
function issue(kit: Kit<Rules>): Router {
  const { records } = kit;
  const router = Router();
  router.post('/productDocuments', ...jsonBody, async (request, response) => {
    const wish = parseBody(DocumentBody, request);
    const command = commandOf(request);
    const isueNo = await numberOf(kit, 'isueNo', command);
    const made = await records.create(ProductDocument, command, issueDocument(command.cause, isueNo, wish), {
      key: command.cause,
    });
    sendCreated(request, response, documents, made);
  });
  return router;
}
