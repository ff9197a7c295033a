/** The public paths of every system, and the service each belongs to; nothing else is reachable from outside. */
export const routes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lecture: {
    '/classes': 'lecture-class',
    '/inquiryMypages': 'lecture-class',
    '/courses': 'lecture-course',
    '/deliveries': 'lecture-course',
    '/payments': 'lecture-pay',
    '/payment': 'lecture-pay',
    '/points': 'lecture-point',
    '/gifts': 'lecture-gift',
  },
};
