import { cancel, whenever } from '../../kit/index.ts';
import { PointCanceled } from '../point/contract.ts';
import { cancelGift, Gift } from './domain.ts';

export const policies = [whenever(PointCanceled, (point) => cancel(Gift, point.classId, cancelGift))];
