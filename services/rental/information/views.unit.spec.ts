import { sameInAnyOrder } from '../../../tests/harness/any-order.ts';
import type { DomainEvent, Received } from '../../kit/index.ts';
import { rowsAfter } from '../../kit/testing/index.ts';
import { cancelBeforehand, cancelDelivery, deliver } from '../delivery/domain.ts';
import { cancelRental, order } from '../rental/domain.ts';
import type { MyOrder } from './contract.ts';
import { myOrder } from './views.ts';

const request = { productId: 1, qty: 3, status: 'ORDERED', productName: 'computer' } as const;
const ordered = order(3, request);
const rentaled = { id: 3, ...request };
const made = (taken: number | undefined) => deliver(rentaled, taken)(7);

/** What happened, each with the version of the document that told it. */
const published = (version: number, ...events: readonly DomainEvent[]): Received[] =>
  events.map(({ type, data }, index) => ({
    id: `${type}-${version}.${index}`,
    type,
    data,
    subject: '',
    version,
    traceparent: undefined,
  }));

const placed = published(1, ...ordered.events);
const ends = {
  delivered: [...placed, ...published(1, ...made(3).events)],
  outOfStock: [...placed, ...published(1, ...made(0).events)],
  unregistered: [...placed, ...published(1, ...made(undefined).events)],
  canceled: [
    ...placed,
    ...published(1, ...made(3).events),
    ...published(2, ...cancelDelivery(made(3).state!)!.events),
    ...published(3, ...cancelRental(ordered.state!).events),
  ],
  refusedThenCanceled: [
    ...placed,
    ...published(1, ...made(0).events),
    ...published(2, ...cancelDelivery(made(0).state!)!.events),
    ...published(3, ...cancelRental(ordered.state!).events),
  ],
  canceledBeforehand: [
    ...placed,
    ...published(1, ...cancelBeforehand(3, 3)(7).events),
    ...published(2, ...cancelRental(ordered.state!).events),
  ],
};

const rowAfter = (events: readonly Received[]): MyOrder | undefined => rowsAfter(myOrder, events)[0];

const row = { id: 3, rentalId: 3, productId: 1, productName: 'computer', rentalQty: 3 };
const both = (status: string) => ({ ...row, rentalStatus: status, deliveryId: 7, deliveryStatus: status });

describe('my order', () => {
  test('given an order, when nothing is decided, then it is ORDERED without a delivery', () => {
    expect(rowAfter(placed)).toEqual({ ...row, rentalStatus: 'ORDERED', deliveryId: null, deliveryStatus: null });
  });

  test.each<[keyof typeof ends, string]>([
    ['delivered', 'DELIVERED'],
    ['outOfStock', 'CANCELED_OutOfStock'],
    ['unregistered', 'CANCELED_UnregisteredProduct'],
    ['canceled', 'CANCELED'],
    ['refusedThenCanceled', 'CANCELED'],
    ['canceledBeforehand', 'CANCELED'],
  ])('given an order that ends %s, when all its events came, then both states are %s', (end, status) => {
    expect(rowAfter(ends[end])).toEqual(both(status));
  });

  test('given a delivery that alone is cancelled, when it is published, then the order is not shown as cancelled', () => {
    const events = ends.canceled.filter(({ type }) => type !== 'RentalCanceled');
    expect(rowAfter(events)).toMatchObject({ rentalStatus: 'DELIVERED', deliveryStatus: 'CANCELED' });
  });

  test('given only an outcome, when its order has not come yet, then there is no row, and it is not lost', () => {
    const [first, ...rest] = ends.delivered;
    expect(rowAfter(rest)).toBeUndefined();
    expect(rowAfter([...rest, first!])).toEqual(both('DELIVERED'));
  });

  test.each(Object.entries(ends))(
    'given the events of an order that ends %s, in any order, any number of times and late, then the row is the same',
    (_, events) => sameInAnyOrder(events, rowAfter),
  );

  test('given a cancelled order, when an outcome comes late, then it stays CANCELED', () => {
    const late = ends.canceled.filter(({ type }) => type !== 'Delivered');
    expect(rowAfter([...late, ...published(1, ...made(3).events)])).toEqual(both('CANCELED'));
  });
});
