import { Router } from 'express';
import { commandOf, jsonBody, type Kit, parseBody, pause, readable, sendCreated } from '../../kit/index.ts';
import type { Rules } from './app.ts';
import { ProductBody } from './contract.ts';
import { Product, registerProduct } from './domain.ts';

const products = {
  kind: Product,
  path: 'products',
  item: 'product',
  show: ({ stockVersion, ...product }: Product) => product,
};

export const api = (kit: Kit<Rules>): Router[] => [readable(kit.records, products), registration(kit)];

function registration({ records, config, context }: Kit<Rules>): Router {
  const router = Router();
  router.post('/products', ...jsonBody, async (request, response) => {
    const wish = parseBody(ProductBody, request);
    const { DEFAULT_QUANTITY, REGISTRATION_DELAY_MS: least, REGISTRATION_DELAY_MAXIMUM_MS: most } = config();
    // Whoever gives up waiting was told so, and registers again.
    await pause(most > 0 ? least + context.random() * Math.max(0, most - least) : 0);
    const command = commandOf(request);
    const created = await records.create(Product, command, (id) => registerProduct(id, wish, DEFAULT_QUANTITY));
    sendCreated(request, response, products, created);
  });
  return router;
}
