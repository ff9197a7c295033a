import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { type Answer, expectProblem, refusedAtOnce, rows } from '../../harness/client.ts';
import { eventually, LONG, processOf, profile, run } from '../../harness/system.ts';
import { setting } from '../../harness/topic.ts';
import { call, cancel, ends, get, order, recordsOf, register, slow, stockIs, without } from '../client.ts';

/** Services stopped or slow: what must go on goes on, and what was missed is caught up. */

test(
  '16. given delivery is down, when an order is cancelled, then 500 and nothing changes, and it works when delivery is back',
  async () => {
    const productId = await register();
    const id = await order(productId, 3);
    const before = await ends(id, 'DELIVERED');
    await without(['delivery'], async () => {
      const first = await cancel(id);
      expectProblem(first, 500);
      expect(first.body.detail).toMatch(/cancel again shortly/);
      expectProblem(await cancel(id), [500, 503]);
      expect((await get(`/rentals/${id}`)).body).toEqual(before.rental);
      expect((await get(`/myOrders/${id}`)).body).toEqual(before.myOrder);
    });
    await eventually(async () => expect(await recordsOf(id)).toEqual(before));
    await eventually(async () => expect((await cancel(id)).status).toBe(204), 30_000);
    await ends(id, 'CANCELED');
    await stockIs(productId, 9);
  },
  LONG,
);

test(
  '14, 17. given delivery is down, when an order is placed, then it is ORDERED, and delivered when delivery is back',
  async () => {
    const productId = await register();
    const id = await without(['delivery'], async () => {
      const placed = await order(productId, 3);
      const ordered = { productId, qty: 3, status: 'ORDERED', deliveryId: null };
      expect((await get(`/rentals/${placed}`)).body).toMatchObject(ordered);
      await eventually(async () => {
        const shown = { rentalStatus: 'ORDERED', deliveryId: null, deliveryStatus: null };
        expect((await get(`/myOrders/${placed}`)).body).toMatchObject(shown);
      });
      expectProblem(await get('/deliveries/1'), 503);
      return placed;
    });
    await ends(id, 'DELIVERED', 60_000);
    await stockIs(productId, 6);
  },
  LONG,
);

test(
  '3, 17. given delivery is down, when a product is registered and ordered, then both are caught up and it is delivered',
  async () => {
    const { id, productId } = await without(['delivery'], async () => {
      const made = await call('POST', '/products', { name: 'computer', qty: 9 });
      const productId = made.body.id as number;
      return { productId, id: await order(productId, 9) };
    });
    await ends(id, 'DELIVERED', 60_000);
    await stockIs(productId, 0);
  },
  LONG,
);

/** Takes a document of delivery out of its store, past the service. */
async function forget(key: string): Promise<void> {
  const full = `rental-delivery||${key}`;
  if (profile === 'full') {
    const [, user, password, host, port] = /^(.+):(.+)@tcp\((.+):(\d+)\)/.exec(
      await setting('rental-state', 'connectionString'),
    )!;
    const connection = await createConnection({ user: user!, password: password!, host: host!, port: Number(port) });
    await connection.query('DELETE FROM rental.state WHERE id = ?', [full]);
    await connection.end();
  } else {
    const [host = '', port] = (await setting('rental-state', 'redisHost')).split(':');
    const redis = new Redis({ host, port: Number(port) });
    await redis.del(full);
    redis.disconnect();
  }
}

test(
  '18. given delivery restarts without a product, when it was ordered meanwhile, then the order is refused as unregistered',
  async () => {
    const productId = await register();
    const id = await without(['delivery'], async () => {
      await forget(`Product-${productId}`);
      return order(productId, 3);
    });
    await ends(id, 'CANCELED_UnregisteredProduct', 60_000);
    expectProblem(await get(`/delivery/products/${productId}`), 404);
  },
  LONG,
);

test(
  '19. given product is down, when an order is placed, then it is delivered, and the product follows when it is back',
  async () => {
    const productId = await register();
    await without(['product'], async () => {
      await ends(await order(productId, 3), 'DELIVERED');
      expectProblem(await get(`/products/${productId}`), 503);
    });
    await stockIs(productId, 6);
  },
  LONG,
);

test(
  '22. given all others are down, when my order is read, then it shows everything; and information catches up itself',
  async () => {
    const productId = await register();
    const id = await order(productId, 3);
    const { myOrder } = await ends(id, 'DELIVERED');
    await without(['product', 'rental', 'delivery'], async () => {
      expect((await get(`/myOrders/${id}`)).body).toEqual(myOrder);
      expectProblem(await call('POST', '/rentals', { productId, qty: 1 }), 503);
    });
    const during = await without(['information'], () => order(productId, 3));
    await ends(during, 'DELIVERED', 60_000);
  },
  LONG,
);

test(
  '20. given delivery is slower than 610 ms, when many cancel, then they are told to cancel again and nothing is cancelled',
  async () => {
    const productId = await register({ qty: 100 });
    const ids = await Promise.all(Array.from({ length: 40 }, () => order(productId, 1)));
    for (const id of ids) await ends(id, 'DELIVERED');
    const refused: Answer[] = [];
    await slow({ CANCEL_DELAY_MS: 1500 }, async () => {
      let next = 0;
      refused.push(...(await refusedAtOnce(ids.length, () => cancel(ids[next++ % ids.length]!))));
      const placed = await call('POST', '/rentals', { productId, qty: 1 });
      expect(placed.status).toBe(201);
      expect(placed.ms).toBeLessThan(1_000);
      expect((await get('/rentals')).ms).toBeLessThan(1_000);
      // The last of those who were cut off would have been through by now.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    });
    for (const answer of refused) {
      expectProblem(answer, 503);
      expect(answer.body.detail).toMatch(/cancel again shortly/);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    for (const id of ids) await ends(id, 'DELIVERED');
    const open = new Set(ids);
    await eventually(async () => {
      for (const id of open) {
        expect((await cancel(id)).status).toBe(204);
        open.delete(id);
      }
    }, 30_000);
    await stockIs(productId, 99);
  },
  LONG,
);

test(
  '21. given registering takes 800 to 1020 ms, when thirty keep registering, then they are soon refused and orders go on',
  async () => {
    const productId = await register();
    await slow({ REGISTRATION_DELAY_MAXIMUM_MS: 1020, REGISTRATION_DELAY_MS: 800 }, async () => {
      await refusedAtOnce(30, () => call('POST', '/products', { name: 'Computer', qty: 9 }));
      await ends(await order(productId, 3), 'DELIVERED');
    });
    await eventually(() => register(), 30_000);
    expect(rows(await get('/products?sort=id,desc')).length).toBeGreaterThan(0);
  },
  LONG,
);

test(
  "31. given delivery's address comes from the ConfigMap, when it changes, then the same process calls the new one",
  async () => {
    const { pid } = await processOf('rental-rental');
    const productId = await register();
    const id = await order(productId, 3);
    await ends(id, 'DELIVERED');
    const address = (appId: string): Promise<string> => run('config', 'rental', `api.delivery.url=${appId}`);
    try {
      await address('rental-nowhere');
      await eventually(async () => {
        const answer = await cancel(await order(productId, 1));
        expectProblem(answer, 500);
        expect(answer.body.detail).toContain('rental-nowhere');
      }, 40_000);
      expectProblem(await cancel(id), 500);
    } finally {
      await address('rental-delivery');
    }
    await eventually(async () => expect((await cancel(id)).status).toBe(204), 40_000);
    expect((await processOf('rental-rental')).pid).toBe(pid);
  },
  LONG,
);
