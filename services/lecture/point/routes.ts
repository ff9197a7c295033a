import { readable } from '../../kit/index.ts';
import { PointBody } from './contract.ts';
import { Point } from './domain.ts';

export const routes = readable(
  { kind: Point, path: 'points', item: 'point', answer: PointBody },
  { access: { student: { own: 'student' } } },
);
