import { startPage } from '../../gateway/page-kit/index.ts';
import { Courses } from './courses.tsx';
import { MyPage } from './my.tsx';
import { student } from './state.ts';
import { Teaching } from './teaching.tsx';
import { texts } from './texts.ts';

void startPage(
  () => texts().title,
  [
    { path: '', title: () => texts().courses, view: Courses },
    { path: 'my', title: () => texts().myPage, view: MyPage, role: 'student' },
    { path: 'teaching', title: () => texts().teaching, view: Teaching, role: 'teacher' },
  ],
  { label: () => texts().iAm, person: student },
);
