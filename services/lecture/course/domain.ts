import { aggregate, type Decision, decided, ended, type Identified } from '../../kit/domain/index.ts';
import type { PaymentBody } from '../pay/contract.ts';
import { type CourseBody, CourseDeleted, CourseModified, CourseRegistered, TextbookDeliveried } from './contract.ts';

export interface Course extends Identified, CourseBody {}
export const Course = aggregate<Course>('Course');

export const registerCourse = (id: number, request: CourseBody): Decision<Course> => {
  const course = { id, ...request };
  return decided(course, CourseRegistered(course));
};

export const changeCourse = (course: Course, change: Partial<CourseBody>): Decision<Course> => {
  const changed = { ...course, ...change };
  return decided(changed, CourseModified(changed));
};

/** Enrolments of the course stay as they are. */
export const deleteCourse = (course: Course): Decision<Course> => ended(CourseDeleted(course));

/** The textbook on its way to the student: one for each enrolment. */
export interface Delivery extends Identified {
  readonly classId: number;
  readonly courseId: number;
  readonly paymentId: number;
  readonly student: string;
  readonly textBook: string;
  readonly status: 'DELIVERY_START' | 'DELIVERY_CANCEL';
}
export const Delivery = aggregate<Delivery>('Delivery', { keyedBy: 'classId' });

const withEvent = (delivery: Delivery): Decision<Delivery> => decided(delivery, TextbookDeliveried(delivery));

export const startDelivery =
  (payment: Omit<PaymentBody, 'status'>) =>
  (id: number): Decision<Delivery> => {
    const { id: paymentId, classId, courseId, student, textBook } = payment;
    return withEvent({ id, classId, courseId, paymentId, student, textBook, status: 'DELIVERY_START' });
  };

export const cancelDelivery = (delivery: Delivery): Decision<Delivery> | undefined =>
  delivery.status === 'DELIVERY_CANCEL' ? undefined : withEvent({ ...delivery, status: 'DELIVERY_CANCEL' });
