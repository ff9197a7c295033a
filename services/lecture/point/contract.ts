import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';

const point = z.object({ id: integer, classId: integer, student: z.string(), point: integer });
/** Points and gift both exist. */
export const PointRegistered = event('PointRegistered', point);
export const PointCanceled = event('PointCanceled', point);
