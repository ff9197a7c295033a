import { startPage } from '../../gateway/page-kit/index.ts';
import { Instructor } from './instructor.tsx';
import { Lectures } from './lectures.tsx';
import { MyRegistrations } from './my.tsx';
import { student } from './state.ts';
import { texts } from './texts.ts';

void startPage(
  () => texts().title,
  [
    { path: '', title: () => texts().lectures, view: Lectures },
    { path: 'my', title: () => texts().mine, view: MyRegistrations, role: 'student' },
    { path: 'instructor', title: () => texts().instructor, view: Instructor, role: 'instructor' },
  ],
  { label: () => texts().iAm, person: student },
);
