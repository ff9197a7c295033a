import { create, type Kit, type Policy, whenever } from '../../kit/index.ts';
import { ProductDesdRequested } from '../plan/contract.ts';
import { numberOf } from '../shared/numbers.ts';
import type { Config } from './config.ts';
import { describePlan, ProductDocument } from './domain.ts';

export const policies = (kit: Kit<Config>): Policy[] => [
  whenever(ProductDesdRequested, async (plan, { id }) => {
    await kit.context.clock.sleep(kit.config().ISSUE_DELAY_MS);
    const isueNo = await numberOf(kit, 'isueNo', { cause: id });
    return [create(ProductDocument, id, describePlan(id, isueNo, plan))];
  }),
];
