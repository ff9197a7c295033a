import { cancel, create, type Kit, type Policy, RuleViolation, whenever } from '../../kit/index.ts';
import { GiftOutcome } from '../gift/contract.ts';
import { PaymentApproved, PaymentCanceled } from '../pay/contract.ts';
import type { Config } from './config.ts';
import { cancelPoints, grantPoints, Point } from './domain.ts';

/** No points without gift: the gift is asked for first, and the payment event is deferred until gift answers. */
export const policies = ({ sidecar, config }: Kit<Config>): Policy[] => [
  whenever(PaymentApproved, ({ classId, fee, student, ...payment }) =>
    create(Point, classId, grantPoints({ classId, fee, student, ...payment }, config().POINT_PERCENT), async () => {
      const request = { classId, fee, student };
      const { granted } = await sidecar.callInGroup('lecture-gift', 'internal/gifts', request, GiftOutcome);
      if (!granted) throw new RuleViolation('the gift was refused');
    }),
  ),
  whenever(PaymentCanceled, (payment) => cancel(Point, payment.classId, cancelPoints)),
];
