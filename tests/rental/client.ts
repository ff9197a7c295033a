import { type Answer, client, type Fields, rows, someone } from '../harness/client.ts';
import { eventually } from '../harness/system.ts';

/** The rental system as its clients see it: requests to the gateway, and what became of one order. */

export const { GW, call, get, insist, without, configured } = client('rental');

/** The copies of a product: where they can be read, and what they have besides its name and quantity. */
const COPIES = ['', '/rental', '/delivery'];

/** Registers a product; done when rental and delivery know it, too. */
export async function register(fields: Fields = {}): Promise<number> {
  const answer = await call('POST', '/products', { name: someone('computer'), qty: '9', ...fields });
  expect(answer).toMatchObject({ status: 201 });
  const { id, qty } = answer.body as { id: number; qty: number };
  await stockIs(id, qty);
  return id;
}

/** Waits until all copies of a product have this quantity. */
export const stockIs = (productId: number, qty: number): Promise<void> =>
  eventually(async () => {
    const found = await Promise.all(COPIES.map((prefix) => get(`${prefix}/products/${productId}`)));
    expect(found.map(({ body }) => body.qty)).toEqual(COPIES.map(() => qty));
  });

export async function order(productId: number, qty: number, fields: Fields = {}): Promise<number> {
  const request = { productId: String(productId), qty: String(qty), status: 'ORDERED', productName: 'computer' };
  const answer = await call('POST', '/rentals', { ...request, ...fields });
  const expected = { productId, qty, status: 'ORDERED', productName: 'computer', deliveryId: null };
  expect(answer).toMatchObject({ status: 201, body: { ...expected, ...fields } });
  return answer.body.id as number;
}

export const cancel = (id: number): Promise<Answer> => call('DELETE', `/rentals/${id}`);

/** Cancels in a crowd: who is told on a busy machine to cancel again does; by then it may be done. */
export const cancelInTheCrowd = async (id: number): Promise<void> => {
  const { status } = await cancel(id);
  expect([204, 503]).toContain(status);
  if (status === 503) expect([204, 404]).toContain((await insist('DELETE', `/rentals/${id}`)).status);
};

/** Every record of one order, undefined where there is none. A second delivery is a failure in itself. */
export async function recordsOf(id: number): Promise<Record<string, Fields | undefined>> {
  const [rental, found, myOrder] = await Promise.all([
    get(`/rentals/${id}`),
    get(`/deliveries/search/findByRentalId?rentalId=${id}`),
    get(`/myOrders/${id}`),
  ]);
  const deliveries = rows(found);
  expect(deliveries.length).toBeLessThanOrEqual(1);
  const body = ({ status, body }: Answer): Fields | undefined => (status === 200 ? body : undefined);
  return { rental: body(rental), delivery: deliveries[0], myOrder: body(myOrder) };
}

/** Waits until an order and its delivery ended so, and my order shows it. */
export const ends = (id: number, status: string, limitMs?: number): Promise<Record<string, Fields | undefined>> =>
  eventually(async () => {
    const records = await recordsOf(id);
    const deliveryId = records.delivery?.id;
    expect(records).toMatchObject({
      rental: status === 'CANCELED' ? undefined : { status, deliveryId },
      delivery: { rentalId: id, status },
      myOrder: { id, rentalId: id, rentalStatus: status, deliveryId, deliveryStatus: status },
    });
    return records;
  }, limitMs);

/** Does something while services are slow; they are as usual before it returns. */
export const slow = <T>(delays: Record<string, number>, work: () => Promise<T>): Promise<T> => {
  const values = Object.entries(delays).map(([key, ms]) => [key, String(ms)] as const);
  return configured(Object.fromEntries(values), Object.fromEntries(values.map(([key]) => [key, '0'])), work);
};
