import { followStock } from '../shared/stock.ts';
import { ProductBody } from './contract.ts';
import { registerProduct } from './domain.ts';

test('given a name and a quantity, when a product is registered, then ProductSaved is published', () => {
  const data = { id: 1, name: 'computer', qty: 9 };
  expect(registerProduct(1, { name: 'computer', qty: 9 }, 10)).toEqual({
    state: { ...data, stockVersion: 0 },
    events: [{ type: 'ProductSaved', data }],
  });
});

test.each([
  [undefined, 10],
  [0, 0],
])('given a quantity of %j, when a product is registered, then it is %i', (qty, expected) => {
  expect(registerProduct(1, { name: 'printer', qty }, 10).state).toMatchObject({ qty: expected });
});

test.each([{ qty: 9 }, { name: ' ', qty: 9 }, { name: 'computer', qty: -1 }, { name: 'computer', qty: 'many' }])(
  'given %j, when the body is read, then it is refused',
  (body) => {
    expect(ProductBody.safeParse(body).success).toBe(false);
  },
);

test('given the news that 6 are left, when older news follows, then 6 stays', () => {
  const product = registerProduct(1, { name: 'computer', qty: 9 }, 10).state!;
  const followed = followStock({ qty: 6 }, 2)(product)!.state!;
  expect(followed.qty).toBe(6);
  expect(followStock({ qty: 9 }, 1)(followed)).toBeUndefined();
});
