import { cancelPoints, grantPoints } from './domain.ts';

test.each([
  [10_000, 100],
  [12_000, 120],
  [12_099, 120],
  [20_000, 200],
  [99, 0],
])('given a fee of %i, when points are granted at 1 percent, then there are %i', (fee, points) => {
  const { state, events } = grantPoints({ classId: 3, fee, student: 'john-doe' }, 1)(9);
  expect(state).toEqual({ id: 9, classId: 3, fee, student: 'john-doe', cashpoint: points });
  expect(events).toEqual([
    { type: 'PointRegistered', data: { id: 9, classId: 3, student: 'john-doe', point: points } },
  ]);
});

test('given points, when they are cancelled, then the record stays with none', () => {
  const point = grantPoints({ classId: 3, fee: 10_000, student: 'john-doe' }, 1)(9).state!;
  expect(cancelPoints(point).state).toEqual({ ...point, cashpoint: 0 });
});
