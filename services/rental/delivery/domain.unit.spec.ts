import {
  cancelBeforehand,
  cancelDelivery,
  type Delivery,
  deliver,
  gaveBack,
  type Product,
  settle,
  stock,
  takenFor,
} from './domain.ts';

const computer: Product = { id: 1, productId: 1, name: 'computer', qty: 9, moving: {} };
const order = { id: 3, productId: 1, qty: 3, status: 'ORDERED', productName: 'computer' } as const;
const published = { id: 7, rentalId: 3, qty: 3 };
const delivered = deliver(order, 3)(7).state!;
const canceled = cancelDelivery(delivered)!.state!;
const without = (product: Product, qty: number): Product => ({ ...product, qty });

describe('a product', () => {
  test('given a registration, when it arrives, then the stock is as registered under the same number and is announced', () => {
    expect(stock({ id: 1, name: 'computer', qty: 9 })()).toEqual({
      state: computer,
      events: [{ type: 'ProductInventoryRegisted', data: { id: 1, productId: 1, name: 'computer', qty: 9 } }],
    });
  });

  test('given 9 in stock, when 3 are ordered, then 6 are left, and the order is remembered until its delivery is made', () => {
    expect(settle(computer, order, undefined)).toEqual({
      state: { ...computer, qty: 6, moving: { 3: 3 } },
      events: [{ type: 'StockChanged', data: { productId: 1, qty: 6 } }],
    });
  });

  test('given 3 in stock, when 3 are ordered, then none is left', () => {
    expect(settle(without(computer, 3), order, undefined)?.state).toMatchObject({ qty: 0 });
  });

  test.each([0, 2])('given %i in stock, when 3 are ordered, then nothing changes', (qty) => {
    expect(settle(without(computer, qty), order, undefined)).toBeUndefined();
  });

  const taken: Product = { ...computer, qty: 6, moving: { 3: 3 } };

  test('given an order that took its pieces, when it comes again before its delivery was made, then nothing changes', () => {
    expect(settle(taken, order, undefined)).toBeUndefined();
    expect(takenFor(taken, order)).toBe(3);
  });

  test('given a made delivery, when the stock is settled, then it forgets the order and publishes nothing', () => {
    expect(settle(taken, order, delivered)).toEqual({ state: { ...computer, qty: 6 }, events: [] });
  });

  test('given a delivery of another product, when a product is settled with its order, then it gives back what it gave alone', () => {
    expect(settle(computer, order, { ...canceled, productId: 2 })).toBeUndefined();
    expect(settle(taken, order, { ...delivered, productId: 2 })).toMatchObject({ state: computer });
  });

  test('given a made and forgotten delivery, when its order comes again a year later, then nothing changes', () => {
    expect(settle(without(computer, 6), order, delivered)).toBeUndefined();
  });

  test.each([
    ['6 left', without(computer, 6)],
    ['6 left and the order not forgotten yet', taken],
  ])('given %s, when the delivery is cancelled, then 9 are there again, once', (_, product) => {
    const back = settle(product, order, canceled)!;
    expect(back).toEqual({
      state: { ...computer, moving: { 3: 0 } },
      events: [{ type: 'StockChanged', data: { productId: 1, qty: 9 } }],
    });
    expect(settle(back.state!, order, canceled)).toBeUndefined();
    const knows = gaveBack(canceled)!.state!;
    expect(settle(back.state!, order, knows)).toEqual({ state: computer, events: [] });
    expect(settle(computer, order, knows)).toBeUndefined();
  });

  test('given pieces taken for an order that was cancelled before its delivery was made, then they are back', () => {
    const placeholder = cancelBeforehand(3, 3)(8).state!;
    expect(settle(taken, order, placeholder)).toMatchObject({ state: computer, events: [{ type: 'StockChanged' }] });
  });

  test('given a refused order, when it is cancelled, then the stock does not change', () => {
    const refused = deliver(order, 0)(7).state!;
    expect(settle(computer, order, refused)).toBeUndefined();
    expect(settle(computer, order, cancelDelivery(refused)!.state!)).toBeUndefined();
  });
});

describe('a delivery', () => {
  test('given pieces taken, when it is made, then it is DELIVERED', () => {
    expect(deliver(order, 3)(7)).toEqual({
      state: { ...published, productId: 1, status: 'DELIVERED', taken: 3 },
      events: [{ type: 'Delivered', data: { ...published, status: 'DELIVERED' } }],
    });
  });

  test.each([
    ['too little in stock', 0, 'CANCELED_OutOfStock'],
    ['an unregistered product', undefined, 'CANCELED_UnregisteredProduct'],
  ])('given %s, when it is made, then it is refused with both events', (_, taken, status) => {
    expect(deliver(order, taken)(7)).toEqual({
      state: { ...published, productId: 1, status, taken: 0 },
      events: [
        { type: 'Delivered', data: { ...published, status } },
        { type: 'OutOfStockRentalCanceled', data: { ...published, status } },
      ],
    });
  });

  test.each<[Delivery['status'], number | undefined]>([
    ['DELIVERED', 3],
    ['CANCELED_OutOfStock', 0],
    ['CANCELED_UnregisteredProduct', undefined],
  ])('given one that is %s, when it is cancelled, then it keeps its product and is published once', (_, taken) => {
    const delivery = deliver(order, taken)(7).state!;
    const cancel = cancelDelivery(delivery)!;
    expect(cancel).toEqual({
      state: { ...delivery, status: 'CANCELED' },
      events: [{ type: 'DeliveryCanceled', data: { ...published, status: 'CANCELED' } }],
    });
    expect(cancelDelivery(cancel.state!)).toBeUndefined();
  });

  test('given an order that has not come yet, when it is cancelled, then a cancelled delivery stands in its place', () => {
    expect(cancelBeforehand(3, 3)(7).state).toEqual({ ...published, productId: null, status: 'CANCELED', taken: 0 });
  });

  test('given a delivered one, when nobody cancelled it, then it gives nothing back', () => {
    expect(gaveBack(delivered)).toBeUndefined();
  });
});
