import { expectProblem, rows } from '../../harness/client.ts';
import { eventually } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import { call, cancel, cancelInTheCrowd, ends, GW, get, order, recordsOf, register, stockIs } from '../client.ts';

const topic = followed('rental');

/** How often each event was told about an order or its delivery. */
function toldOf(rentalId: number): Record<string, number> {
  const ids = new Map<string, string>();
  for (const { event } of topic.published) {
    const { type, data, id } = event;
    if ((/^Rental/.test(type) ? data.id : data.rentalId) === rentalId) ids.set(id, type);
  }
  const counts: Record<string, number> = {};
  for (const type of ids.values()) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

describe('products', () => {
  test('1, 2. given a system, when products are registered, then 201 with numbers that count up', async () => {
    const [computer, monitor] = [
      await call('POST', '/products', { name: 'computer', qty: '9' }),
      await call('POST', '/products', { name: 'monitor', qty: 9 }),
    ];
    const self = `${GW}/products/${computer.body.id}`;
    expect(computer).toMatchObject({
      status: 201,
      body: { name: 'computer', qty: 9, _links: { self: { href: self } } },
    });
    expect(computer.headers.get('location')).toBe(self);
    expect(monitor).toMatchObject({ status: 201, body: { name: 'monitor', qty: 9 } });
    expect(monitor.body.id as number).toBeGreaterThan(computer.body.id as number);
  });

  test('3. given a product, when its copies are read, then they have its name, quantity and number', async () => {
    const id = await register({ name: 'computer' });
    expect((await get(`/products/${id}`)).body).toMatchObject({ id, name: 'computer', qty: 9 });
    for (const service of ['rental', 'delivery']) {
      const copy = { id, productId: id, name: 'computer', qty: 9 };
      const { body } = await get(`/${service}/products/${id}`);
      expect(body).toMatchObject({ ...copy, _links: { self: { href: `${GW}/${service}/products/${id}` } } });
      expect(Object.keys(body).sort()).toEqual(['_links', 'id', 'name', 'productId', 'qty']);
      expect(rows(await get(`/${service}/products/search/findByProductId?productId=${id}`))).toEqual([body]);
      expect(rows(await get(`/${service}/products?sort=id,desc&size=5`))).toContainEqual(body);
    }
    await eventually(() => {
      const published = topic.published.filter(
        ({ event }) => /Registed$/.test(event.type) && event.data.productId === id,
      );
      expect(published.map(({ event }) => event.type).sort()).toEqual(['ProductInventoryRegisted', 'ProductRegisted']);
    });
  });

  test('4. given no quantity, when a product is registered, then it is 10', async () => {
    await stockIs(await register({ name: 'printer', qty: undefined }), 10);
  });
});

describe('orders', () => {
  test('5. given 9 in stock, when 12 are ordered, then the order is taken, then refused, and 9 stay', async () => {
    const productId = await register();
    const id = await order(productId, 12);
    await ends(id, 'CANCELED_OutOfStock');
    await stockIs(productId, 9);
    await eventually(() => expect(toldOf(id)).toEqual({ Rentaled: 1, Delivered: 1, OutOfStockRentalCanceled: 1 }));
  });

  test('6. given an unregistered product, when it is ordered, then the order is taken, then refused', async () => {
    const id = await order(987654321, 12);
    await ends(id, 'CANCELED_UnregisteredProduct');
    await eventually(() => expect(toldOf(id)).toEqual({ Rentaled: 1, Delivered: 1, OutOfStockRentalCanceled: 1 }));
  });

  test('7-10, 15. given 9 in stock, when 3 are ordered, then they are delivered, 6 are left everywhere, and my order shows it', async () => {
    const productId = await register();
    const id = await order(productId, 3);
    const { delivery, myOrder } = await ends(id, 'DELIVERED');
    expect((await get(`/deliveries/${delivery?.id}`)).body).toMatchObject({
      id: delivery?.id,
      rentalId: id,
      productId,
      qty: 3,
      status: 'DELIVERED',
    });
    expect(myOrder).toMatchObject({ productId, productName: 'computer', rentalQty: 3 });
    expect(rows(await get(`/myOrders/search/findByRentalId?rentalId=${id}`))).toEqual([myOrder]);
    await stockIs(productId, 6);
    await eventually(() => expect(toldOf(id)).toEqual({ Rentaled: 1, Delivered: 1 }));
  });

  test('11, 12, 15. given a delivered order, when it is cancelled, then order and delivery are cancelled and 9 are there again', async () => {
    const productId = await register();
    const id = await order(productId, 3);
    const before = await ends(id, 'DELIVERED');
    await stockIs(productId, 6);
    expect((await cancel(id)).status).toBe(204);
    expectProblem(await get(`/rentals/${id}`), 404);
    const at = `/deliveries/${before.delivery?.id}`;
    expect((await get(at)).body).toEqual({ ...before.delivery, status: 'CANCELED' });
    const { myOrder } = await ends(id, 'CANCELED');
    expect(myOrder).toEqual({ ...before.myOrder, rentalStatus: 'CANCELED', deliveryStatus: 'CANCELED' });
    await stockIs(productId, 9);
    expectProblem(await cancel(id), 404);
    const again = { id: before.delivery?.id, rentalId: id, qty: 3, status: 'CANCELED' };
    for (let times = 0; times < 3; times++) expect((await call('POST', '/deliveries', again)).status).toBe(200);
    await eventually(() =>
      expect(toldOf(id)).toEqual({ Rentaled: 1, Delivered: 1, RentalCanceled: 1, DeliveryCanceled: 1 }),
    );
    await stockIs(productId, 9);
  });

  test('13. given 9 in stock, when 9 are ordered and then 1, then none is left and the second is refused', async () => {
    const productId = await register();
    await ends(await order(productId, 9), 'DELIVERED');
    await stockIs(productId, 0);
    await ends(await order(productId, 1), 'CANCELED_OutOfStock');
    await stockIs(productId, 0);
  });

  test('12. given a refused order, when it is cancelled, then the stock does not change', async () => {
    const productId = await register();
    const ids = [await order(productId, 12), await order(987654321, 1)];
    for (const [index, id] of ids.entries()) {
      await ends(id, index === 0 ? 'CANCELED_OutOfStock' : 'CANCELED_UnregisteredProduct');
      expect((await cancel(id)).status).toBe(204);
      await ends(id, 'CANCELED');
    }
    await stockIs(productId, 9);
  });

  test('13. given 9 in stock, when twelve order 1 at once and all cancel, then nine get one, and 9 are there again', async () => {
    const productId = await register();
    const ids = await Promise.all(Array.from({ length: 12 }, () => order(productId, 1)));
    await eventually(async () => {
      const statuses = await Promise.all(ids.map(async (id) => (await recordsOf(id)).rental?.status));
      expect(statuses.sort()).toEqual([
        ...Array.from({ length: 3 }, () => 'CANCELED_OutOfStock'),
        ...Array.from({ length: 9 }, () => 'DELIVERED'),
      ]);
    });
    await stockIs(productId, 0);
    await Promise.all(ids.map(cancelInTheCrowd));
    await stockIs(productId, 9);
  });

  test('11, 12. given orders just placed, when they are cancelled at once, then all end cancelled and the stock is whole', async () => {
    const productId = await register();
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const id = await order(productId, 2);
        await cancelInTheCrowd(id);
        return id;
      }),
    );
    for (const id of ids) await ends(id, 'CANCELED');
    await stockIs(productId, 9);
  });
});

test('24-26. given the requests of the cloud test, when they are sent through the gateway, then all ends as there', async () => {
  const [computer, monitor] = [
    await register({ name: 'Computer', qty: 9 }),
    await register({ name: 'Monitor', qty: 9 }),
  ];
  const request = (productId: number, qty: number) => order(productId, qty, { status: 'ORDERED' });
  const first = [await request(computer, 3), await request(monitor, 3)];
  for (const id of first) await ends(id, 'DELIVERED');
  const second = [await request(computer, 10), await request(monitor, 10)];
  for (const id of second) await ends(id, 'CANCELED_OutOfStock');
  const third = [await request(computer + 900_000, 10), await request(monitor + 900_000, 10)];
  for (const id of third) await ends(id, 'CANCELED_UnregisteredProduct');
  const shown = rows<{ id: number }>(await get('/myOrders')).map(({ id }) => id);
  expect(shown).toEqual(expect.arrayContaining([...first, ...second, ...third]));
  expect((await cancel(first[0]!)).status).toBe(204);
  const deliveries = rows(await get('/deliveries?sort=id,desc'));
  expect(deliveries).toContainEqual(expect.objectContaining({ rentalId: first[0], status: 'CANCELED' }));
});

test('25. given no status, when an order is placed, then it is ORDERED', async () => {
  const productId = await register();
  const answer = await call('POST', '/rentals', { productId, productName: 'Computer', qty: 3 });
  expect(answer).toMatchObject({ status: 201, body: { status: 'ORDERED' } });
  await ends(answer.body.id as number, 'DELIVERED');
});

describe('bad input', () => {
  test.each([
    ['/rentals', { productId: 1, qty: 0 }, 'qty'],
    ['/rentals', { productId: 1, qty: -3 }, 'qty'],
    ['/rentals', { productId: 1, qty: 'many' }, 'qty'],
    ['/rentals', { productId: 1, qty: 1, status: 'DELIVERED' }, 'status'],
    ['/rentals', { qty: 1 }, 'productId'],
    ['/rentals', { productId: 1, qty: 1, deliveryId: 7 }, 'deliveryId'],
    ['/products', { name: 'computer', qty: -1 }, 'qty'],
    ['/products', { qty: 9 }, 'name'],
    ['/deliveries', { rentalId: 1, status: 'DELIVERED' }, 'status'],
    ['/deliveries', { rentalId: 1 }, 'status'],
  ])('5. given a request, when %s gets %j, then 400 names the field', async (path, body, field) => {
    expectProblem(await call('POST', path, body), 400, field);
  });

  test.each([
    ['PUT', '/products/1'],
    ['DELETE', '/products/1'],
    ['PATCH', '/rentals/1'],
    ['DELETE', '/deliveries/1'],
    ['POST', '/myOrders'],
    ['POST', '/rental/products'],
    ['DELETE', '/delivery/products/1'],
  ])('3. given what clients may not do, when they try %s %s, then 405', async (method, path) => {
    expectProblem(await call(method, path, { name: 'x' }), 405);
  });

  test('11. given no such record, when it is read or cancelled, then 404', async () => {
    for (const path of ['/products', '/rentals', '/deliveries', '/myOrders', '/rental/products', '/delivery/products'])
      expectProblem(await get(`${path}/999999999`), 404);
    expectProblem(await cancel(999999999), 404);
    for (const named of [{ id: 999999999 }, { rentalId: 999999999 }, { rentalId: Number.MAX_SAFE_INTEGER }])
      expectProblem(await call('POST', '/deliveries', { ...named, status: 'CANCELED' }), 404);
    // Only rental asks for what stands in the place of an order that has not come.
    expectProblem(await call('POST', '/internal/cancellations', { rentalId: 1, qty: 1, status: 'CANCELED' }), 404);
  });
});
