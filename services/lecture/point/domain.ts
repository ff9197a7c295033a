import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { PaymentRequest } from '../pay/contract.ts';
import { PointCanceled, PointRegistered } from './contract.ts';

/** The points a student earned by a payment. */
export interface Point extends Identified {
  readonly classId: number;
  readonly fee: number;
  readonly student: string;
  readonly cashpoint: number;
}
export const Point = aggregate<Point>('Point', { keyedBy: 'classId' });

/** `percent` of the fee, rounded down. */
export const grantPoints =
  ({ classId, fee, student }: Pick<PaymentRequest, 'classId' | 'fee' | 'student'>, percent: number) =>
  (id: number): Decision<Point> => {
    const cashpoint = Math.floor((fee * percent) / 100);
    return decided(
      { id, classId, fee, student, cashpoint },
      PointRegistered({ id, classId, student, point: cashpoint }),
    );
  };

export const cancelPoints = (point: Point): Decision<Point> => {
  const { id, classId, student } = point;
  return decided({ ...point, cashpoint: 0 }, PointCanceled({ id, classId, student, point: 0 }));
};
