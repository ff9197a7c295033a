import { aggregate, type Decision, decided, ended, type Identified } from '../../kit/domain/index.ts';
import {
  CourseCanceled,
  CourseRegistered,
  CourseRegistrationCompleted,
  LectureClosing,
  type RegistrationBody,
} from './contract.ts';

/** A student's registration for a lecture. Its number is what payment calls `courseId`. Gone when it is cancelled. */
export interface Registration extends Identified, RegistrationBody {
  readonly status: '수강신청중' | '결제 완료';
}
export const Registration = aggregate<Registration>('CourseRegistrationSystem', { listBy: ['lectureId'] });

export const register = (id: number, { lectureId, studentId }: RegistrationBody): Decision<Registration> => {
  const registration = { id, lectureId, studentId, status: '수강신청중' } as const;
  return decided(registration, CourseRegistered(registration));
};

/** Policy 수강신청완료: the payment is made. */
export const completeRegistration = (registration: Registration): Decision<Registration> | undefined => {
  if (registration.status === '결제 완료') return undefined;
  const completed = { ...registration, status: '결제 완료' } as const;
  return decided(completed, CourseRegistrationCompleted(completed));
};

export const cancelRegistration = ({
  id,
  lectureId,
  studentId,
}: Omit<Registration, 'status'>): Decision<Registration> =>
  ended(CourseCanceled({ id, lectureId, studentId, status: '취소 완료' }));

/** An event of payment that came before its registration was stored: docs/decisions/0011-headcount.md */
export interface EarlyNews extends Identified {
  readonly news: string;
}
export const EarlyNews = aggregate<EarlyNews>('EarlyNews', { keyedBy: 'news' });
export type News = 'paid' | 'unpaid';
export const keepNews = (id: number, news: string): Decision<EarlyNews> => decided({ id, news });
export const newsOf = (courseId: number, news: News): string => `${courseId}-${news}`;

/** A lecture that is known to be cancelled: nobody registers for it any more. */
export interface CanceledLecture extends Identified {
  readonly lectureId: number;
}
export const CanceledLecture = aggregate<CanceledLecture>('CanceledLecture', { numberedBy: 'lectureId' });

export const closeLecture = (lectureId: number): Decision<CanceledLecture> => decided({ id: lectureId, lectureId });

/** Some of its registrations were cancelled, and there are more. */
export const closeOn = (lecture: CanceledLecture): Decision<CanceledLecture> =>
  decided(lecture, LectureClosing({ lectureId: lecture.lectureId }));
