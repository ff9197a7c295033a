import type { Contract } from '../declared.ts';

export const contract: Contract = {
  about:
    'An academy on the net: students register for lectures, pay, cancel and look up; instructors open and cancel lectures and see how many are registered. No registration without payment; a lecture that is cancelled takes its registrations and their payments with it; the headcount is exact under load.',
  events: [
    'lecture LectureOpened',
    'lecture OpenedCanceled',
    'payment PaymentCanceled',
    'payment PaymentCompleted',
    'registration CourseCanceled',
    'registration CourseRegistered',
    'registration CourseRegistrationCompleted',
    'registration LectureClosing',
  ],
  outlets: {},
  scenarios: 37,
  elsewhere: {
    23: '`npm run demo:breaker academy`',
    26: 'needs a cluster',
    28: 'needs a cluster',
    29: 'needs a cluster',
    30: 'needs a cluster',
    32: 'needs a cluster',
    33: 'needs a cluster',
    35: 'by construction: a consumer is a folder, a subscription and a store of its own',
    36: '`tests/contracts`: what a consumer relies on its publisher always sends',
    37: '`.dependency-cruiser.cjs`: the domain knows nothing of HTTP or Dapr',
  },
};
