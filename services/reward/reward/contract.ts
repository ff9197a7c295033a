import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';

/** A reward was made for a mission. */
export const Allocated = event(
  'Allocated',
  z.object({
    id: integer,
    customerId: integer.nullable(),
    missionId: integer,
    status: z.literal('RewardAllocated'),
  }),
);
export type Allocated = z.output<typeof Allocated.schema>;
