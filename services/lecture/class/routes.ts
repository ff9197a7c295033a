import { answers, readable, readableView, route, writable } from '../../kit/index.ts';
import { PaymentOutcome } from '../pay/contract.ts';
import { ClassBody, EnrolmentBody, MyPage } from './contract.ts';
import { cancelEnrolment, changeEnrolment, Enrolment, enrol } from './domain.ts';
import { myPage } from './views.ts';

const classes = { kind: Enrolment, path: 'classes', item: 'class', answer: ClassBody };

/** A student's own enrolments, by the name that they are made under. */
const own = { student: { own: 'student' } } as const;

export const routes = [
  readable(classes, { access: { teacher: 'all', ...own } }),
  writable(classes, { body: EnrolmentBody, change: changeEnrolment, remove: cancelEnrolment, access: own }),
  readableView(myPage, { path: 'inquiryMypages', item: 'inquiryMypage', plain: true, answer: MyPage }, { access: own }),

  route.post(
    '/classes',
    {
      summary: 'Enrols a student: no enrolment without payment, and no payment without enrolment.',
      body: EnrolmentBody,
      answer: answers.created(classes),
      problems: [409, 503],
      access: own,
    },
    (context) =>
      context.createAfter(classes, async (id) => ({
        otherwise: cancelEnrolment({ id, ...context.body }),
        ask: async () => {
          const asked = { classId: id, ...context.body };
          return (await context.sidecar.call('lecture-pay', 'internal/payments', asked, PaymentOutcome)).approved;
        },
        decide: () => enrol(id, context.body),
      })),
  ),
];
