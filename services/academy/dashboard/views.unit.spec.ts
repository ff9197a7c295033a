import { sameInAnyOrder } from '../../../tests/harness/any-order.ts';
import type { DomainEvent, Received } from '../../kit/index.ts';
import { rowsAfter } from '../../kit/testing/index.ts';
import { cancelRegistration, completeRegistration, register } from '../registration/domain.ts';
import type { CourseRegistrationStatus } from './contract.ts';
import { courseRegistrationStatus } from './views.ts';

const made = register(5, { lectureId: 1, studentId: 7 });

/** What happened, each with the version of the record that told it. */
const published = (version: number, events: readonly DomainEvent[]): Received[] =>
  events.map(({ type, data }) => ({
    id: `${type}-${version}`,
    type,
    data,
    subject: '',
    version,
    traceparent: undefined,
  }));

const registered = published(1, made.events);
const completed = [...registered, ...published(2, completeRegistration(made.state!)!.events)];
const ends: Record<string, Received[]> = {
  registered,
  completed,
  'cancelled at once': [...registered, ...published(2, cancelRegistration(made.state!).events)],
  'completed and cancelled': [...completed, ...published(3, cancelRegistration(made.state!).events)],
  abandoned: published(1, cancelRegistration(made.state!).events),
};

const rowAfter = (events: readonly Received[]): CourseRegistrationStatus | undefined =>
  rowsAfter(courseRegistrationStatus, events)[0];

const row = { id: 1, courseId: 5, lectureId: 1, studentId: 7, lectureName: null };

test.each<[string, CourseRegistrationStatus['courseStatus'] | undefined]>([
  ['registered', '수강신청중'],
  ['completed', '결제 완료'],
  ['cancelled at once', undefined],
  ['completed and cancelled', undefined],
  ['abandoned', undefined],
])('given a registration that is %s, when all its events came, then its row is %s', (end, courseStatus) => {
  expect(rowAfter(ends[end]!)).toEqual(courseStatus && { ...row, courseStatus });
});

test.each(Object.entries(ends))(
  'given the events of a registration that is %s, in any order, any number of times and late, then the row is the same',
  (_, events) => sameInAnyOrder(events, rowAfter),
);
