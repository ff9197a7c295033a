import request from 'supertest';
import { type Beside, beside } from '../../../tests/harness/beside.ts';
import { eventually } from '../../../tests/harness/system.ts';
import rental from './service.ts';

let service: Beside;
beforeAll(async () => {
  service = await beside('rental-rental', rental);
}, 120_000);
afterAll(() => service.close(), 60_000);

const order = async (): Promise<number> => {
  const wanted = { productId: '1', qty: '3', productName: 'computer' };
  const { body } = await request(service.app).post('/rentals').send(wanted).expect(201);
  expect(body).toMatchObject({ productId: 1, qty: 3, status: 'ORDERED', productName: 'computer', deliveryId: null });
  return body.id;
};
const statusOf = async (id: number): Promise<unknown> =>
  (await request(service.app).get(`/rentals/${id}`).expect(200)).body.status;

test('given delivery is not there, when a customer orders and cancels, then the order is taken and stays', async () => {
  const id = await order();
  const { body } = await request(service.app).delete(`/rentals/${id}`).expect(500);
  expect(body.detail).toMatch(/cancel again/);
  expect(await statusOf(id)).toBe('ORDERED');
});

test('given an order, when delivery has decided, then the order follows, and a cancelled delivery changes nothing', async () => {
  const id = await order();
  const delivery = { id: 7, rentalId: id, qty: 3 };
  await service.publish({ type: 'Delivered', data: { ...delivery, status: 'DELIVERED' } });
  await eventually(async () => expect(await statusOf(id)).toBe('DELIVERED'));
  const event = { type: 'Delivered', data: { ...delivery, status: 'CANCELED' }, id: `test/last/${id}` };
  await service.publish(event);
  const refused = await order();
  await service.publish({ type: 'Delivered', data: { ...delivery, rentalId: refused, status: 'CANCELED_OutOfStock' } });
  await eventually(async () => expect(await statusOf(refused)).toBe('CANCELED_OutOfStock'));
  expect(await statusOf(id)).toBe('DELIVERED');
});

test('given a product, when news of its stock come out of order, then the newest counts', async () => {
  await service.publish({ type: 'ProductSaved', data: { id: 31, name: 'computer', qty: 9 } });
  const stock = async (): Promise<unknown> => (await request(service.app).get('/products/31')).body.qty;
  await eventually(async () => expect(await stock()).toBe(9));
  await service.publish({ type: 'StockChanged', data: { productId: 31, qty: 4 }, version: 3 });
  await eventually(async () => expect(await stock()).toBe(4));
  await service.publish({ type: 'StockChanged', data: { productId: 31, qty: 6 }, version: 2 });
  await service.publish({ type: 'StockChanged', data: { productId: 31, qty: 3 }, version: 4 });
  await eventually(async () => expect(await stock()).toBe(3));
});

test('given wrong orders, when they are placed, then every wrong field is named', async () => {
  const { body } = await request(service.app)
    .post('/rentals')
    .send({ productId: 'x', qty: 0, status: 'DELIVERED' })
    .expect(400);
  const fields = body.errors.map(({ field }: { field: string }) => field);
  expect(fields.sort()).toEqual(['productId', 'qty', 'status']);
});
