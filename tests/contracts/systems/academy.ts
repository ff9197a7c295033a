import type { Expected } from '../declared.ts';

export const expected: Expected = {
  events: [
    'lecture LectureOpened',
    'lecture OpenedCanceled',
    'payment PaymentCanceled',
    'payment PaymentCompleted',
    'registration CourseCanceled',
    'registration CourseRegistered',
    'registration CourseRegistrationCompleted',
  ],
  outlets: {},
};
