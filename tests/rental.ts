import { type Answer, type Fields, rows, someone } from './lecture.ts';
import { eventually, processOf, ready, run } from './system.ts';

/** The rental system as its clients see it: requests to the gateway, and what became of one order. */

export const GW = `http://127.0.0.1:${8488 + Number(process.env.MADANG_PORT_OFFSET ?? 0)}`;

export async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const began = Date.now();
  const response = await fetch(GW + path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, body: text ? JSON.parse(text) : {}, ms: Date.now() - began };
}

export const get = (path: string): Promise<Answer> => call('GET', path);

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
  const wish = { productId: String(productId), qty: String(qty), status: 'ORDERED', productName: 'computer' };
  const answer = await call('POST', '/rentals', { ...wish, ...fields });
  const expected = { productId, qty, status: 'ORDERED', productName: 'computer', deliveryId: null };
  expect(answer).toMatchObject({ status: 201, body: { ...expected, ...fields } });
  return answer.body.id as number;
}

export const cancel = (id: number): Promise<Answer> => call('DELETE', `/rentals/${id}`);

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

/** Does something while services are stopped; they are back before it returns, whatever happens. */
export async function without<T>(services: readonly string[], work: () => Promise<T>): Promise<T> {
  for (const service of services) await run('stop', `rental-${service}`);
  try {
    return await work();
  } finally {
    for (const service of services) await run('start', `rental-${service}`);
    for (const service of services) await ready(await processOf(`rental-${service}`));
  }
}

/** Does something while services are slow; they are as usual before it returns. */
export async function slow<T>(delays: Record<string, number>, work: () => Promise<T>): Promise<T> {
  const set = (value: (key: string) => number): Promise<string> =>
    run('config', 'rental', ...Object.keys(delays).map((key) => `${key}=${value(key)}`));
  await set((key) => delays[key]!);
  try {
    return await work();
  } finally {
    await set(() => 0);
  }
}
