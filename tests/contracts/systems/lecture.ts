import type { Expected } from '../declared.ts';
import { noticed } from '../notices.ts';

export const expected: Expected = {
  events: [
    'class ClassCanceled',
    'class ClassModified',
    'class ClassRegistered',
    'course CourseDeleted',
    'course CourseModified',
    'course CourseRegistered',
    'course TextbookDeliveried',
    'gift GiftCanceled',
    'gift GiftRegistered',
    'pay PaymentApproved',
    'pay PaymentCanceled',
    'point PointCanceled',
    'point PointRegistered',
  ],
  outlets: Object.fromEntries((await noticed()).map((type) => [type, 'alert (Python) sends a notice'])),
};
