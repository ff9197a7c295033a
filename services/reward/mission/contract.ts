import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';

/** To post a mission is to have achieved it. */
export const MissionWish = z.object({
  customerId: integer.nullable().default(null),
  status: z.literal('Achieved', 'can only be Achieved').default('Achieved'),
});
export type MissionWish = z.output<typeof MissionWish>;

/** Whatever else is sent is left out, so a misspelt customer makes a mission of nobody. */
export const MissionBody = MissionWish.loose();

/** A mission as clients see it. */
export const MissionAnswer = z.object({
  id: integer,
  customerId: integer.nullable(),
  rewardId: integer.nullable(),
  status: z.enum(['Achieved', 'RewardAllocated']),
});

/** Told when a mission is achieved, and only then. */
export const MissionAchieved = event(
  'MissionAchieved',
  z.object({ id: integer, customerId: integer.nullable(), status: z.literal('Achieved') }),
);
export type MissionAchieved = z.output<typeof MissionAchieved.schema>;
