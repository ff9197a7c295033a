import { z } from 'zod';
import { event, integer, positive, text } from '../../kit/domain/index.ts';

/** Points as clients see them. */
export const PointBody = z.object({
  id: integer,
  classId: integer,
  fee: integer,
  student: z.string(),
  cashpoint: integer,
});

const point = z.object({ id: positive, classId: positive, student: text, point: integer });
/** Points and gift both exist. */
export const PointRegistered = event('PointRegistered', point);
export const PointCanceled = event('PointCanceled', point);
