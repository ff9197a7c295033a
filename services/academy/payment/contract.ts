import { z } from 'zod';
import { event, positive } from '../../kit/domain/index.ts';

/** What is paid is a registration: `courseId` is its number. What else is sent is ignored. */
export const PaymentBody = z.looseObject({ courseId: positive });
export type PaymentBody = z.output<typeof PaymentBody>;

/** What POST /internal/paymentSystems answers: whether the registration may be completed. */
export const PaymentOutcome = z.object({ paid: z.boolean() });

/** A payment as clients see it, and as it is told. */
export const PaymentAnswer = z.object({ id: positive, courseId: positive });
export const PaymentCompleted = event('PaymentCompleted', PaymentAnswer);
export const PaymentCanceled = event('PaymentCanceled', PaymentAnswer);
