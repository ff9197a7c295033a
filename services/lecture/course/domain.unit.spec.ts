import { cancelDelivery, changeCourse, deleteCourse, registerCourse, startDelivery } from './domain.ts';

const request = { name: 'korean', teacher: 'hong-gil-dong', fee: 10_000, textBook: 'kor_book' };
const payment = { id: 7, classId: 3, courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' };

describe('course', () => {
  test('given a request, when the course is registered, then CourseRegistered is published with all of it', () => {
    const course = { id: 1, ...request };
    expect(registerCourse(1, request)).toEqual({ state: course, events: [{ type: 'CourseRegistered', data: course }] });
  });

  test('given a course, when only the fee changes, then the rest stays', () => {
    const changed = { id: 1, ...request, fee: 12_000 };
    expect(changeCourse({ id: 1, ...request }, { fee: 12_000 })).toEqual({
      state: changed,
      events: [{ type: 'CourseModified', data: changed }],
    });
  });

  test('given a course, when it is deleted, then CourseDeleted carries its last values', () => {
    expect(deleteCourse({ id: 1, ...request })).toEqual({
      state: null,
      events: [{ type: 'CourseDeleted', data: { id: 1, ...request } }],
    });
  });
});

describe('delivery', () => {
  const started = startDelivery(payment)(5).state!;

  test('given a payment, when delivery starts, then the book of the enrolment is sent', () => {
    expect(started).toEqual({
      id: 5,
      classId: 3,
      courseId: 1,
      paymentId: 7,
      student: 'john-doe',
      textBook: 'kor_book',
      status: 'DELIVERY_START',
    });
  });

  test('given a started delivery, when it is cancelled, then the record stays and the change is published', () => {
    const canceled = { ...started, status: 'DELIVERY_CANCEL' };
    expect(cancelDelivery(started)).toEqual({
      state: canceled,
      events: [{ type: 'TextbookDeliveried', data: canceled }],
    });
  });

  test('given a cancelled delivery, when it is cancelled again, then nothing is published', () => {
    expect(cancelDelivery({ ...started, status: 'DELIVERY_CANCEL' })).toBeUndefined();
  });
});
