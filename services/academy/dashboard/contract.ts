import { z } from 'zod';
import { integer } from '../../kit/domain/index.ts';

/** A registration as its student sees it. */
export const CourseRegistrationStatus = z.object({
  id: integer,
  courseId: integer,
  lectureId: integer,
  studentId: integer,
  courseStatus: z.enum(['수강신청중', '결제 완료']),
  /** Of the lecture, once it is open. */
  lectureName: z.string().nullable(),
});
export type CourseRegistrationStatus = z.output<typeof CourseRegistrationStatus>;

/** A lecture as its instructor sees it. */
export const LectureRow = z.object({
  id: integer,
  lectureId: integer,
  lectureName: z.string(),
  studentNumber: integer,
  /** Status of the registration to which something happened last. */
  lectureStatus: z.enum(['결제 완료', '취소 완료']).nullable(),
});
