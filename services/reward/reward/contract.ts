import { z } from 'zod';
import { event, integer, positive } from '../../kit/domain/index.ts';

/** A reward as clients see it. */
export const RewardBody = z.object({
  id: integer,
  missionId: integer,
  customerId: integer.nullable(),
  status: z.enum(['RewardAllocated', 'Issued', 'Exchanged']),
});

/** A reward was made for a mission. */
export const Allocated = event(
  'Allocated',
  z.object({
    id: positive,
    customerId: integer.nullable(),
    missionId: positive,
    status: z.literal('RewardAllocated'),
  }),
);
export type Allocated = z.output<typeof Allocated.schema>;
