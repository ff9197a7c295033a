import { cancel, whenever } from '../../kit/policies.ts';
import { PointCanceled } from '../point/contract.ts';
import { cancelGift, Gift, ofEnrolment } from './domain.ts';

export const policies = [whenever(PointCanceled, (point) => cancel(Gift, ofEnrolment(point.classId), cancelGift))];
