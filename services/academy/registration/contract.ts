import { z } from 'zod';
import { event, integer, positive } from '../../kit/domain/index.ts';

/** The student of a registration that names none: docs/contracts/academy.md#oddity-student */
const DEFAULT_STUDENT = 12334;

/** Nobody checks that the lecture exists, so registering works while lecture is down. Other fields are ignored. */
export const RegistrationBody = z.looseObject({
  lectureId: positive,
  studentId: integer.default(DEFAULT_STUDENT),
});
export type RegistrationBody = Pick<z.output<typeof RegistrationBody>, 'lectureId' | 'studentId'>;

/** A registration as clients see it. */
export const RegistrationAnswer = z.object({
  id: integer,
  lectureId: integer,
  studentId: integer,
  status: z.enum(['수강신청중', '결제 완료']),
});

const registration = <S extends string>(status: S) =>
  z.object({ id: positive, lectureId: positive, studentId: integer, status: z.literal(status) });

/** The payment is made and the registration is stored. */
export const CourseRegistered = event('CourseRegistered', registration('수강신청중'));
/** The registration is `결제 완료`; published once for each. */
export const CourseRegistrationCompleted = event('CourseRegistrationCompleted', registration('결제 완료'));
export type CourseRegistrationCompleted = z.output<typeof CourseRegistrationCompleted.schema>;
/** The registration is gone, or never came to be although its payment may have been made. */
export const CourseCanceled = event('CourseCanceled', registration('취소 완료'));
export type CourseCanceled = z.output<typeof CourseCanceled.schema>;

/** Registration's event to itself: a cancelled lecture has more registrations, which are cancelled next. */
export const LectureClosing = event('LectureClosing', z.object({ lectureId: positive }));
