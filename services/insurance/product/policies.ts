import { create, type Kit, type Policy, whenever } from '../../kit/index.ts';
import { numberOf } from '../numbers.ts';
import { ProductDesdRequested } from '../plan/contract.ts';
import type { Rules } from './app.ts';
import { describePlan, ProductDocument } from './domain.ts';

export const policies = (kit: Kit<Rules>): Policy[] => [
  whenever(ProductDesdRequested, async (plan, { id }) => {
    await kit.context.clock.sleep(kit.config().ISSUE_DELAY_MS);
    const isueNo = await numberOf(kit, 'isueNo', { cause: id });
    return [create(ProductDocument, id, describePlan(id, isueNo, plan))];
  }),
];
