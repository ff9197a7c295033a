import type { Router } from 'express';
import { type Kit, readable, writable } from '../../kit/index.ts';
import { CourseBody } from './contract.ts';
import { Course, changeCourse, Delivery, deleteCourse, registerCourse } from './domain.ts';

const courses = { kind: Course, path: 'courses', item: 'course' };

export const api = ({ records }: Kit): Router[] => [
  readable(records, courses),
  writable(records, courses, { body: CourseBody, create: registerCourse, change: changeCourse, remove: deleteCourse }),
  readable(records, { kind: Delivery, path: 'deliveries', item: 'delivery' }),
];
