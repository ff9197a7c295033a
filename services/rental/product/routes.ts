import { answers, pauseBetween, readable, routeFor } from '../../kit/index.ts';
import type { Config } from './config.ts';
import { ProductAnswer, ProductBody } from './contract.ts';
import { Product, registerProduct } from './domain.ts';

const products = {
  kind: Product,
  path: 'products',
  item: 'product',
  answer: ProductAnswer,
  show: ({ stockVersion, ...product }: Product) => product,
};
const route = routeFor<Config>();

export const routes = [
  readable(products, { access: { everyone: 'all' } }),

  route.post(
    '/products',
    { summary: 'Registers a product.', body: ProductBody, answer: answers.created(products) },
    async (context) => {
      const { DEFAULT_QUANTITY, REGISTRATION_DELAY_MS: least, REGISTRATION_DELAY_MAXIMUM_MS: most } = context.config;
      // Whoever gives up waiting was told so, and registers again.
      await pauseBetween(least, most);
      return context.create(products, (id) => registerProduct(id, context.body, DEFAULT_QUANTITY));
    },
  ),
];
