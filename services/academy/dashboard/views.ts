import { from, type Identified, view } from '../../kit/index.ts';
import { CourseCanceled, CourseRegistered, CourseRegistrationCompleted } from '../registration/contract.ts';

/** A registration as its student sees it. */
export interface CourseRegistrationStatus extends Identified {
  readonly courseId: number;
  readonly lectureId: number;
  readonly studentId: number;
  readonly courseStatus: '수강신청중' | '결제 완료';
  /** Of the lecture, once it is open. */
  readonly lectureName: string | null;
}

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
