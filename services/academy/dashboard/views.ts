import { from, view } from '../../kit/index.ts';
import { CourseCanceled, CourseRegistered, CourseRegistrationCompleted } from '../registration/contract.ts';
import type { CourseRegistrationStatus } from './contract.ts';

/** There until the registration is cancelled, which is final. */
export const courseRegistrationStatus = view('CourseRegistrationStatus', {
  keyedBy: 'courseId',
  listBy: ['studentId'],
  from: {
    CourseRegistered: from(CourseRegistered, (registration) => registration.id),
    CourseRegistrationCompleted: from(CourseRegistrationCompleted, (registration) => registration.id),
    CourseCanceled: from(CourseCanceled, (registration) => registration.id),
  },
  row(id, { CourseRegistered: registered, CourseRegistrationCompleted: completed, CourseCanceled: canceled }) {
    const registration = completed ?? registered;
    if (canceled || !registration) return undefined;
    const { id: courseId, lectureId, studentId, status: courseStatus } = registration;
    const row: CourseRegistrationStatus = { id, courseId, lectureId, studentId, courseStatus, lectureName: null };
    return row;
  },
});
