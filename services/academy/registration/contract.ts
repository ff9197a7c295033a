import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';

/** Who registers when nobody says so: the one student of the original. */
const DEFAULT_STUDENT = 12334;

/** Whether the lecture exists is not asked: registration works while lecture is down. What else is sent is ignored. */
export const RegistrationBody = z.looseObject({
  lectureId: integer.refine((value) => value > 0, 'must be 1 or more'),
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
  z.object({ id: integer, lectureId: integer, studentId: integer, status: z.literal(status) });

/** Told when the payment is made and the registration stands. */
export const CourseRegistered = event('CourseRegistered', registration('수강신청중'));
/** Told once for each registration. */
export const CourseRegistrationCompleted = event('CourseRegistrationCompleted', registration('결제 완료'));
export type CourseRegistrationCompleted = z.output<typeof CourseRegistrationCompleted.schema>;
/** Told when a registration is gone, and when one never came to be whose payment may have been made. */
export const CourseCanceled = event('CourseCanceled', registration('취소 완료'));
export type CourseCanceled = z.output<typeof CourseCanceled.schema>;

/** Told by registration to itself: a lecture that is cancelled has more registrations, which are cancelled next. */
export const LectureClosing = event('LectureClosing', z.object({ lectureId: integer }));
