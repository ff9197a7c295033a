import { setImmediate as turn } from 'node:timers/promises';
import { log } from '../kit/index.ts';
import { type Call, type Given, type GivenOptions, given, MemoryBackend, type Reply } from '../kit/testing/index.ts';
import delivery from './delivery/service.ts';
import information from './information/service.ts';
import product from './product/service.ts';
import rental from './rental/service.ts';

/** The services of the system as one, on the memory sidecar: what goes over their borders, and what ends how. */

log.silent = true;
const configuration = {
  CANCEL_DELAY_MS: '0',
  REGISTRATION_PATIENCE: '3',
  DEFAULT_QUANTITY: '10',
  REGISTRATION_DELAY_MS: '0',
  REGISTRATION_DELAY_MAXIMUM_MS: '0',
  'api.delivery.url': 'rental-delivery',
};

interface System {
  readonly product: Given;
  readonly rental: Given;
  readonly delivery: Given;
  readonly information: Given;
}
const started: Given[] = [];
afterEach(() => Promise.all(started.splice(0).map((service) => service.sidecar.app && service.close())));

async function starts(appId: string, service: Parameters<typeof given>[1], options: GivenOptions): Promise<Given> {
  const one = await given(appId, service, options);
  started.push(one);
  return one;
}

/** @param ofRental what happens to the calls of rental */
async function system(ofRental: GivenOptions = {}): Promise<System> {
  const backend = new MemoryBackend({ configuration });
  return {
    product: await starts('rental-product', product, { backend }),
    delivery: await starts('rental-delivery', delivery, { backend }),
    information: await starts('rental-information', information, { backend }),
    rental: await starts('rental-rental', rental, { backend, ...ofRental }),
  };
}

async function ordered({ product, rental }: System, qty = 3): Promise<number> {
  const { body } = await product.request<{ id: number }>('POST', '/products', { name: 'computer', qty: 9 });
  await product.settle();
  const order = { productId: body.id, qty, productName: 'computer' };
  return (await rental.request<{ id: number }>('POST', '/rentals', order)).body.id;
}
const cancel = ({ rental }: System, id: number, key?: string): Promise<Reply> =>
  rental.request('DELETE', `/rentals/${id}`, undefined, key === undefined ? {} : { 'idempotency-key': key });
const stock = async ({ delivery }: System): Promise<unknown> => (await delivery.request('GET', '/products/1')).body.qty;
const myOrder = async ({ information }: System, id: number): Promise<unknown> =>
  (await information.request('GET', `/myOrders/${id}`)).body;

/** Waits until an order is gone, wholly. */
const isCanceled = (on: System, id: number): Promise<void> =>
  on.rental.eventually(async () => {
    expect((await on.rental.request('GET', `/rentals/${id}`)).status).toBe(404);
    expect(await myOrder(on, id)).toMatchObject({ rentalStatus: 'CANCELED', deliveryStatus: 'CANCELED' });
    expect(await stock(on)).toBe(9);
    expect(on.rental.published('RentalCanceled')).toHaveLength(1);
  });
const isDelivered = (on: System, id: number): Promise<void> =>
  on.rental.eventually(async () => {
    expect((await on.rental.request('GET', `/rentals/${id}`)).body.status).toBe('DELIVERED');
    expect(await myOrder(on, id)).toMatchObject({ rentalStatus: 'DELIVERED', deliveryStatus: 'DELIVERED' });
  });

describe('a delivery that a client cancels', () => {
  test.each([1, 999_999, Number.MAX_SAFE_INTEGER])(
    'given no delivery for order %i, when a client cancels it, then it is 404 and a later order is delivered',
    async (rentalId) => {
      const on = await system();
      const before = on.delivery.documents();
      const { status } = await on.delivery.request('POST', '/deliveries', { rentalId, status: 'CANCELED' });
      expect(status).toBe(404);
      await on.delivery.settle();
      expect(on.delivery.documents()).toEqual(before);
      expect(on.delivery.published()).toEqual([]);
      await isDelivered(on, await ordered(on));
    },
  );

  test('given a delivered order, when a client cancels its delivery alone, then the stock is back and the order stays', async () => {
    const on = await system();
    const id = await ordered(on);
    await isDelivered(on, id);
    const { status, body } = await on.delivery.request('POST', '/deliveries', { rentalId: id, status: 'CANCELED' });
    expect([status, body.status, body.productId]).toEqual([200, 'CANCELED', 1]);
    await on.rental.eventually(async () => {
      expect(await stock(on)).toBe(9);
      expect(await myOrder(on, id)).toMatchObject({ rentalStatus: 'DELIVERED', deliveryStatus: 'CANCELED' });
    });
    expect((await on.rental.request('GET', `/rentals/${id}`)).body.status).toBe('DELIVERED');
  });

  test('given a field that only rental may say, when a client sends it, then 400 names it', async () => {
    const on = await system();
    const request = { rentalId: 1, status: 'CANCELED', cancellation: { cause: 'x', fingerprint: null } };
    expect(await on.delivery.request('POST', '/deliveries', request)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'cancellation' }] },
    });
  });
});

describe('an order that its customer cancels', () => {
  test('given an order that has not come to delivery, when it is cancelled, then it takes nothing of the stock when it comes', async () => {
    const on = await system();
    const id = await ordered(on);
    expect((await cancel(on, id)).status).toBe(204);
    await isCanceled(on, id);
    expect(on.delivery.published('Delivered')).toMatchObject([{ data: { rentalId: id, status: 'CANCELED' } }]);
  });

  test.each(['before', 'after'] as const)(
    'given an order, when rental is killed %s delivery cancels, then it is as it was, or cancelled wholly',
    async (when) => {
      const on = await system();
      const id = await ordered(on);
      await isDelivered(on, id);
      on.rental.sidecar[when] = ({ kind }: Call) => {
        if (kind === 'invoke') on.rental.kill();
        return undefined;
      };
      void cancel(on, id).catch(() => undefined);
      await on.delivery.eventually(() => expect(on.rental.sidecar.app).toBeUndefined());
      const { backend } = on.rental;
      const next = { ...on, rental: await starts('rental-rental', rental, { backend, instance: 'rental-rental-2' }) };
      if (when === 'before') await isDelivered(next, id);
      else await isCanceled(next, id);
    },
  );

  test('given delivery answers too late, when the customer does not come back, then the order is cancelled wholly', async () => {
    const late = JSON.stringify({ errorCode: 'ERR_DIRECT_INVOKE', message: 'context deadline exceeded' });
    const after = ({ kind }: Call) =>
      kind === 'invoke' ? { status: 500, headers: {}, body: Buffer.from(late) } : undefined;
    const on = await system({ after });
    const id = await ordered(on);
    const { status, body } = await cancel(on, id);
    expect([status, body.outcome]).toEqual([503, 'unknown']);
    expect(body.detail).toMatch(/not known yet. Please cancel again shortly/);
    await isCanceled(on, id);
  });

  test('given delivery is down, when it is cancelled, then 500 and the order stands', async () => {
    const on = await system();
    const id = await ordered(on);
    await isDelivered(on, id);
    const { app } = on.delivery.sidecar;
    on.delivery.sidecar.app = undefined;
    const { status, body } = await cancel(on, id);
    expect(status).toBe(500);
    expect(body.detail).toMatch(/so the order stands as it was. Please cancel again shortly/);
    on.delivery.sidecar.app = app;
    await isDelivered(on, id);
  });

  test('given the event of the delivery overtakes its answer, when the customer is answered, then it is 204', async () => {
    const on = await system();
    const id = await ordered(on);
    await isDelivered(on, id);
    on.rental.sidecar.after = async ({ kind }) => {
      // The answer of delivery is on its way until the order is gone.
      while (kind === 'invoke' && on.rental.published('RentalCanceled').length === 0) {
        await on.rental.backend.settle();
        await turn();
      }
      return undefined;
    };
    expect((await cancel(on, id, 'k')).status).toBe(204);
    expect((await cancel(on, id, 'k')).status).toBe(204);
    expect((await cancel(on, id)).status).toBe(404);
    await isCanceled(on, id);
  });

  test('given the key of another request, when it is cancelled under that, then 422 and its delivery stands', async () => {
    const on = await system();
    const key = { 'idempotency-key': 'k' };
    await on.product.request('POST', '/products', { name: 'computer', qty: 9 });
    await on.product.settle();
    const order = { productId: 1, qty: 3 };
    const { body } = await on.rental.request<{ id: number }>('POST', '/rentals', order, key);
    await isDelivered(on, body.id);
    expect((await cancel(on, body.id, 'k')).status).toBe(422);
    await isDelivered(on, body.id);
    expect(await stock(on)).toBe(6);
  });
});

describe('events that come early, or about what is not there', () => {
  test('given news of the stock, when they come before the product, then they wait in its place and the newest counts', async () => {
    const { rental } = await system();
    await rental.publish({ type: 'StockChanged', data: { productId: 31, qty: 3 }, version: 4 });
    await rental.publish({ type: 'StockChanged', data: { productId: 31, qty: 6 }, version: 2 });
    expect((await rental.request('GET', '/products/31')).status).toBe(404);
    expect(await rental.rows('/deferred')).toEqual([]);
    await rental.publish({ type: 'ProductSaved', data: { id: 31, name: 'computer', qty: 9 } });
    expect((await rental.request('GET', '/products/31')).body).toMatchObject({ name: 'computer', qty: 3 });
  });

  test.each([0, -3])(
    'given an order of %i pieces on the topic, when delivery reads it, then no stock changes',
    async (qty) => {
      const on = await system();
      await ordered(on);
      const order = { id: 77, productId: 1, qty, status: 'ORDERED', productName: 'computer' };
      await on.delivery.publish({ type: 'Rentaled', data: order });
      expect(await stock(on)).toBe(6);
      expect(await on.delivery.rows('/deadletters')).toHaveLength(1);
    },
  );

  test('given outcomes of orders nobody placed, when they come, then an order behind them learns its own', async () => {
    const on = await system();
    for (let rentalId = 900_001; rentalId < 900_050; rentalId++)
      on.rental.put({ type: 'Delivered', data: { id: 7, rentalId, qty: 1, status: 'CANCELED' } });
    await isDelivered(on, await ordered(on));
  });

  test.each([424_242, Number.MAX_SAFE_INTEGER])(
    'given an outcome of an order with the number %i that nobody placed, when my orders are read, then few reads are enough',
    async (rentalId) => {
      const on = await system();
      await on.information.publish({ type: 'Delivered', data: { id: 7, rentalId, qty: 1, status: 'CANCELED' } });
      const id = await ordered(on);
      await isDelivered(on, id);
      for (const query of ['', '?page=0']) {
        const before = on.information.sidecar.activity;
        expect(await on.information.rows(`/myOrders${query}`)).toMatchObject([
          { rentalId: id, rentalStatus: 'DELIVERED' },
        ]);
        expect(on.information.sidecar.activity - before).toBeLessThan(10);
      }
    },
  );
});
