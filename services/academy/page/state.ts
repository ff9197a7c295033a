import { signal } from '@preact/signals';
import { kept } from '../../gateway/page-kit/index.ts';

export interface Lecture {
  readonly id: number;
  readonly lectureName: string;
  readonly studentNumber: number;
}

/** A row of the dashboard; null: not known yet. */
export interface Registration {
  readonly courseId: number;
  readonly lectureId: number;
  readonly lectureName: string | null;
  readonly courseStatus: string | null;
}

export interface Student {
  readonly id: number;
  readonly studentId: number;
  readonly status: string;
}

/** The dashboard's row of a lecture. */
export interface LectureStatus {
  readonly lectureId: number;
  readonly lectureStatus: string | null;
}

export const LECTURES = 'lectureSystems?size=200&sort=id,desc';
export const PAID = '결제 완료';

export const student = kept('person', '12334');

/** Registered from here, perhaps not on the dashboard yet. */
export const registered = signal<readonly (Registration & { readonly studentId: string })[]>([]);
/** Cancelled from here, perhaps still on the dashboard. */
export const cancelled = signal<readonly number[]>([]);
