import { sameInAnyOrder } from '../../../tests/harness/any-order.ts';
import type { DomainEvent, Received } from '../../kit/index.ts';
import { rowsAfter } from '../../kit/testing/index.ts';
import { startDelivery } from '../course/domain.ts';
import { GiftCanceled, GiftRegistered } from '../gift/contract.ts';
import { approvePayment, cancelPayment } from '../pay/domain.ts';
import { PointCanceled, PointRegistered } from '../point/contract.ts';
import type { MyPage } from './contract.ts';
import { cancelEnrolment, changeEnrolment, enrol } from './domain.ts';
import { myPage } from './views.ts';

const request = { courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' };
const enrolment = enrol(3, request).state!;
const payment = approvePayment({ classId: 3, ...request })(7);
const point = { id: 9, classId: 3, student: 'john-doe' };
const gift = { id: 4, classId: 3, fee: 10_000, student: 'john-doe' };
const delivery = startDelivery(payment.state!)(5).events[0]!;

/** What happened, each with the version of the document that told it; only where two tell the same it matters which. */
const published = (event: DomainEvent, version: number, subject = ''): Received => ({
  id: `${event.type}-${subject}-${version}`,
  type: event.type,
  data: event.data,
  subject,
  version,
  traceparent: undefined,
});
const enrolled = [
  published(payment.events[0]!, 1),
  published(delivery, 1),
  published(PointRegistered({ ...point, point: 100 }), 1),
  published(GiftRegistered({ ...gift, giftstock: 1 }), 1, 'Gift-of-3'),
  published(changeEnrolment(enrolment, { fee: 8_000 }).events[0]!, 2),
  published(changeEnrolment(enrolment, { fee: 9_000 }).events[0]!, 3),
];
const canceled = [
  ...enrolled,
  published(cancelEnrolment({ ...enrolment, fee: 9_000 }).events[0]!, 4),
  published(cancelPayment(payment.state!)!.events[0]!, 2),
  published(PointCanceled({ ...point, point: 0 }), 2),
  published(GiftCanceled({ ...gift, giftstock: 0 }), 2, 'Gift-of-3'),
];

const rowAfter = (events: readonly Received[]): MyPage | undefined => rowsAfter(myPage, events)[0];

describe('my page', () => {
  test('given an enrolment that was changed, when all its events came, then the row shows every state', () => {
    expect(rowAfter(enrolled)).toEqual({
      id: 1,
      classId: 3,
      paymentId: 7,
      ...request,
      fee: 9_000,
      status: 'CLASS_START',
      paymentStatus: 'PAYMENT_COMPLETED',
      deliveryStatus: 'DELIVERY_START',
      pointStatus: 'Point Added',
      point: 100,
      giftstock: 1,
    });
  });

  test('given a cancelled enrolment, when all its events came, then every state is cancelled', () => {
    expect(rowAfter(canceled)).toMatchObject({
      status: 'CLASS_CANCELED',
      paymentStatus: 'PAYMENT_CANCELED',
      deliveryStatus: 'DELIVERY_CANCELED',
      pointStatus: 'Point Canceled',
      point: 0,
      giftstock: 0,
    });
  });

  test('given only a cancellation, when no payment was seen, then there is no row', () => {
    expect(rowAfter([published(cancelEnrolment(enrolment).events[0]!, 2)])).toBeUndefined();
  });

  test('given the events in any order and any number of times, when all came, then the row is the same', () => {
    for (const events of [enrolled, canceled]) sameInAnyOrder(events, rowAfter);
  });

  test('given gifts of others with the number of the enrolment, when they come in any order, then it shows its own gift alone', () => {
    const others = [
      published(GiftRegistered({ ...gift, id: 5, giftstock: 99 }), 1, 'Gift-of-direct-1'),
      published(GiftRegistered({ ...gift, id: 6, giftstock: 98 }), 2, 'Gift-of-xyz'),
    ];
    const events = [...enrolled.filter(({ type }) => type !== 'TextbookDeliveried'), ...others];
    sameInAnyOrder(events, rowAfter);
    expect(rowAfter(events)).toMatchObject({ giftstock: 1 });
    sameInAnyOrder([...canceled.slice(-4), ...others, enrolled[0]!], rowAfter);
    expect(rowAfter([enrolled[0]!, ...others])).toMatchObject({ giftstock: null });
  });
});
