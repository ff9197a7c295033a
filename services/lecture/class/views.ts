import { from, view } from '../../kit/index.ts';
import { TextbookDeliveried } from '../course/contract.ts';
import { enrolmentOf, GiftCanceled, GiftRegistered } from '../gift/contract.ts';
import { PaymentApproved, PaymentCanceled } from '../pay/contract.ts';
import { PointCanceled, PointRegistered } from '../point/contract.ts';
import { ClassCanceled, ClassModified, type MyPage } from './contract.ts';

/** A row appears with the payment. Cancelled states are final. */
export const myPage = view('InquiryMypage', {
  keyedBy: 'classId',
  uniqueBy: ['paymentId'],
  from: {
    PaymentApproved: from(PaymentApproved, (payment) => payment.classId),
    PaymentCanceled: from(PaymentCanceled, (payment) => payment.classId),
    ClassModified: from(ClassModified, (enrolment) => enrolment.id),
    ClassCanceled: from(ClassCanceled, (enrolment) => enrolment.id),
    TextbookDeliveried: from(TextbookDeliveried, (delivery) => delivery.classId),
    PointRegistered: from(PointRegistered, (point) => point.classId),
    PointCanceled: from(PointCanceled, (point) => point.classId),
    GiftRegistered: from(GiftRegistered, enrolmentOf),
    GiftCanceled: from(GiftCanceled, enrolmentOf),
  },
  row(id, facts): MyPage | undefined {
    const { PaymentApproved: payment, ClassModified: changed, TextbookDeliveried: delivery } = facts;
    if (!payment) return undefined;
    const { courseId, fee, student } = { ...payment, ...changed };
    const canceled = facts.ClassCanceled !== undefined;
    return {
      id,
      classId: payment.classId,
      paymentId: payment.id,
      courseId,
      fee,
      student,
      textBook: payment.textBook,
      status: canceled ? 'CLASS_CANCELED' : 'CLASS_START',
      paymentStatus: canceled || facts.PaymentCanceled ? 'PAYMENT_CANCELED' : 'PAYMENT_COMPLETED',
      deliveryStatus:
        canceled || delivery?.status === 'DELIVERY_CANCEL' ? 'DELIVERY_CANCELED' : (delivery?.status ?? null),
      pointStatus: facts.PointCanceled ? 'Point Canceled' : facts.PointRegistered ? 'Point Added' : null,
      point: facts.PointCanceled ? 0 : (facts.PointRegistered?.point ?? null),
      giftstock: facts.GiftCanceled ? 0 : (facts.GiftRegistered?.giftstock ?? null),
    };
  },
});
