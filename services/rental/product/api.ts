import { setTimeout as sleep } from 'node:timers/promises';
import { Router } from 'express';
import { bodyOf, commandOf, jsonBody, type Kit, readable, sendCreated } from '../../kit/index.ts';
import type { Rules } from './app.ts';
import { ProductBody } from './contract.ts';
import { Product, registerProduct } from './domain.ts';

const products = {
  kind: Product,
  path: 'products',
  item: 'product',
  show: ({ stockVersion, ...product }: Product) => product as Product,
};

export const api = (kit: Kit<Rules>): Router[] => [readable(kit.records, products), registration(kit)];

function registration({ records, config }: Kit<Rules>): Router {
  const router = Router();
  router.post('/products', ...jsonBody, async (request, response) => {
    const wish = bodyOf(ProductBody, request) as ProductBody;
    const { DEFAULT_QUANTITY, REGISTRATION_DELAY_MS: least, REGISTRATION_DELAY_MAXIMUM_MS: most } = config();
    if (most > 0) await sleep(least + Math.random() * Math.max(0, most - least));
    // Whoever gave up waiting was told so, and registers again.
    if (response.closed) return;
    const command = commandOf(request);
    const created = await records.create(Product, command, (id) => registerProduct(id, wish, DEFAULT_QUANTITY));
    sendCreated(request, response, products, created);
  });
  return router;
}
