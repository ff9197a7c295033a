import { z } from 'zod';
import { event, integer, positive } from '../../kit/domain/index.ts';

/** Body of POST /missions, which says that a mission is achieved. */
export const MissionRequest = z.object({
  customerId: integer.nullable().default(null),
  status: z.literal('Achieved', 'can only be Achieved').default('Achieved'),
});
export type MissionRequest = z.output<typeof MissionRequest>;

/** Other fields are left out, so a misspelt customer makes a mission of nobody: docs/contracts/reward.md#oddity-costomer */
export const MissionBody = MissionRequest.loose();

/** A mission as clients see it. */
export const MissionAnswer = z.object({
  id: integer,
  customerId: integer.nullable(),
  rewardId: integer.nullable(),
  status: z.enum(['Achieved', 'RewardAllocated']),
});

/** A mission was achieved. Later changes do not publish it. */
export const MissionAchieved = event(
  'MissionAchieved',
  z.object({ id: positive, customerId: integer.nullable(), status: z.literal('Achieved') }),
);
export type MissionAchieved = z.output<typeof MissionAchieved.schema>;
