import { followStock } from '../shared/stock.ts';
import { RentalBody } from './contract.ts';
import { cancelRental, copyProduct, learnOutcome, order, type Rental } from './domain.ts';

const request = { productId: 1, qty: 3, status: 'ORDERED', productName: 'computer' } as const;
const ordered = order(3, request).state!;

describe('an order', () => {
  test('given a request, when it is ordered, then it has no delivery yet and Rentaled is published', () => {
    const published = { id: 3, ...request };
    const state = { ...published, deliveryId: null };
    expect(order(3, request)).toEqual({ state, events: [{ type: 'Rentaled', data: published }] });
  });

  test('given numbers as texts and no status, when the body is read, then they are numbers and the status is ORDERED', () => {
    const body = { productId: '1', qty: '3', productName: 'computer' };
    expect(RentalBody.parse(body)).toEqual(request);
  });

  test.each([
    ['qty', 0],
    ['qty', -3],
    ['qty', 1.5],
    ['status', 'DELIVERED'],
    ['productId', null],
  ])('given a %s of %j, when the body is read, then it is refused', (field, value) => {
    expect(RentalBody.safeParse({ ...request, [field]: value }).success).toBe(false);
  });

  test.each<Rental['status']>(['DELIVERED', 'CANCELED_OutOfStock', 'CANCELED_UnregisteredProduct'])(
    'given an outcome of %s, when it arrives, once or twice, then the order has it and knows its delivery',
    (status) => {
      const learn = learnOutcome({ id: 7, rentalId: 3, qty: 3, status: status as 'DELIVERED' });
      const expected = { state: { ...ordered, status, deliveryId: 7 }, events: [] };
      expect(learn(ordered)).toEqual(expected);
      expect(learn(learn(ordered).state!)).toEqual(expected);
    },
  );

  test('given a delivery that was cancelled beforehand, when it is published, then the order itself is not cancelled', () => {
    expect(learnOutcome({ id: 7, rentalId: 3, qty: 3, status: 'CANCELED' })(ordered).state).toMatchObject({
      status: 'ORDERED',
      deliveryId: 7,
    });
  });

  test('given an order, when it is cancelled, then it is gone and RentalCanceled is published', () => {
    const data = { id: 3, productId: 1, qty: 3, status: 'CANCELED' };
    expect(cancelRental(ordered)).toEqual({ state: null, events: [{ type: 'RentalCanceled', data }] });
  });
});

describe('the copy of a product', () => {
  const copy = copyProduct({ id: 1, name: 'computer', qty: 9 })().state!;

  test('given a registration, when it arrives, then the copy has its number and is announced', () => {
    const data = { id: 1, productId: 1, name: 'computer', qty: 9 };
    expect(copyProduct({ id: 1, name: 'computer', qty: 9 })()).toEqual({
      state: { ...data, stockVersion: 0 },
      events: [{ type: 'ProductRegisted', data }],
    });
  });

  test('given news of the stock, when older news follows, then it changes nothing', () => {
    const newer = followStock({ qty: 6 }, 4)(copy)!.state!;
    expect(newer).toMatchObject({ qty: 6 });
    expect(followStock({ qty: 9 }, 3)(newer)).toBeUndefined();
    expect(followStock({ qty: 6 }, 4)(newer)).toBeUndefined();
  });
});
