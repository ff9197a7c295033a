import { readable, writable } from '../../kit/index.ts';
import { CourseAnswer, CourseBody, DeliveryAnswer } from './contract.ts';
import { Course, changeCourse, Delivery, deleteCourse, registerCourse } from './domain.ts';

const courses = { kind: Course, path: 'courses', item: 'course', answer: CourseAnswer };
const deliveries = { kind: Delivery, path: 'deliveries', item: 'delivery', answer: DeliveryAnswer };

export const routes = [
  readable(courses, { access: { everyone: 'all' } }),
  writable(courses, {
    body: CourseBody,
    create: registerCourse,
    change: changeCourse,
    remove: deleteCourse,
    access: { teacher: { own: 'teacher' } },
  }),
  readable(deliveries, { access: { student: { own: 'student' } } }),
];
