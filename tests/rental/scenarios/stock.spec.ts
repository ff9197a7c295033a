import { eventually, processOf, run } from '../../harness/system.ts';
import { followed, type Published } from '../../harness/topic.ts';
import { call, cancel, ends, order, recordsOf, register, stockIs } from '../client.ts';

/** The stock adds up whatever comes twice, late or in the middle of a kill -9. */

const topic = followed('rental');

const found = (type: string, of: (data: Record<string, unknown>) => unknown, id: number): Promise<Published['event']> =>
  eventually(() => {
    const published = topic.published.find(({ event }) => event.type === type && of(event.data) === id);
    expect(published).toBeDefined();
    return published!.event;
  });

/** Brings an event again, as a broker may at any time. */
async function again(event: Published['event']): Promise<void> {
  const { daprHttpPort } = await processOf('rental-rental');
  const response = await fetch(`http://127.0.0.1:${daprHttpPort}/v1.0/publish/rental-pubsub/rental`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify(event),
  });
  expect(response.status).toBe(204);
}

test('23. given an order, one cancelled and one refused long ago, when all their events come again, then nothing changes', async () => {
  const productId = await register({ qty: 200 });
  const [kept, canceled, refused] = [await order(productId, 3), await order(productId, 4), await order(productId, 999)];
  await ends(kept, 'DELIVERED');
  await ends(canceled, 'DELIVERED');
  await ends(refused, 'CANCELED_OutOfStock');
  expect((await cancel(canceled)).status).toBe(204);
  await ends(canceled, 'CANCELED');
  // More than any document remembers of what was done to it.
  await Promise.all(Array.from({ length: 110 }, () => order(productId, 1)));
  await stockIs(productId, 200 - 3 - 110);
  const before = await Promise.all([kept, canceled, refused].map(recordsOf));
  for (const id of [kept, canceled, refused]) await again(await found('Rentaled', (data) => data.id, id));
  await again(await found('DeliveryCanceled', (data) => data.rentalId, canceled));
  await again(await found('ProductSaved', (data) => data.id, productId));
  await ends(await order(productId, 1), 'DELIVERED');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await stockIs(productId, 200 - 3 - 110 - 1);
  expect(await Promise.all([kept, canceled, refused].map(recordsOf))).toEqual(before);
}, 90_000);

test('23. given delivery is killed again and again, when orders and cancellations flow, then stock + delivered = registered', async () => {
  const productId = await register({ qty: 60 });
  let over = false;
  const killing = (async () => {
    for (let turn = 0; !over; turn++) {
      await run('kill', 'rental-delivery', ...(turn % 3 === 2 ? ['--sidecar'] : []));
      await new Promise((resolve) => setTimeout(resolve, 700 + Math.random() * 800));
    }
  })();
  const ids: number[] = [];
  const wanted = new Set<number>();
  for (let round = 0; round < 10; round++) {
    const placed = await Promise.all(Array.from({ length: 10 }, () => call('POST', '/rentals', { productId, qty: 2 })));
    for (const { status, body } of placed) {
      expect(status).toBe(201);
      ids.push(body.id as number);
    }
    for (const id of ids.slice(-10).filter((_, index) => index % 3 === 0)) wanted.add(id);
    for (const id of wanted) if ([204, 404].includes((await cancel(id)).status)) wanted.delete(id);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  over = true;
  await killing;
  await eventually(async () => {
    for (const id of wanted) {
      expect([204, 404]).toContain((await cancel(id)).status);
      wanted.delete(id);
    }
  }, 60_000);
  await eventually(async () => {
    const all = await Promise.all(ids.map(recordsOf));
    const out = all.filter(({ delivery }) => delivery?.status === 'DELIVERED').length;
    for (const { rental, delivery, myOrder } of all) {
      expect(delivery).toBeDefined();
      expect(myOrder).toMatchObject({ deliveryStatus: delivery?.status, rentalStatus: delivery?.status });
      if (rental) expect(rental).toMatchObject({ status: delivery?.status, deliveryId: delivery?.id });
      else expect(delivery?.status).toBe('CANCELED');
    }
    expect(all.filter(({ rental }) => !rental)).toHaveLength(40);
    await stockIs(productId, 60 - 2 * out);
  }, 90_000);
}, 240_000);
