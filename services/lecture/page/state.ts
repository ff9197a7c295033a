import { signal } from '@preact/signals';
import { kept } from '../../gateway/page-kit/index.ts';

export interface Course {
  readonly id: number;
  readonly name: string;
  readonly teacher: string;
  readonly fee: number;
  readonly textBook: string;
}

/** A row of my page; null: not known yet. */
export interface Enrolment {
  readonly classId: number;
  readonly courseId: number;
  readonly fee: number;
  readonly student: string;
  readonly textBook: string;
  readonly status: string | null;
  readonly paymentStatus: string | null;
  readonly deliveryStatus: string | null;
  readonly pointStatus: string | null;
  readonly point: number | null;
  readonly giftstock: number | null;
}

/** Rows that are looked through for a student's own: the view is not sought by student. */
export const NEWEST = 200;
export const COURSES = 'courses?size=200&sort=id,desc';

export const student = kept('person', 'hong-gil-sun');

/** Enrolled from here, perhaps not on my page yet. */
export const enrolled = signal<readonly Enrolment[]>([]);
/** Cancelled from here, perhaps not so on my page yet. */
export const cancelled = signal<readonly number[]>([]);
