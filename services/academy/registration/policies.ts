import { byId, change, type Kit, type Policy, type Reaction, whenever } from '../../kit/index.ts';
import { OpenedCanceled } from '../lecture/contract.ts';
import { PaymentCanceled, PaymentCompleted } from '../payment/contract.ts';
import { CourseRegistered, LectureClosing } from './contract.ts';
import {
  CanceledLecture,
  cancelRegistration,
  closeLecture,
  closeOn,
  completeRegistration,
  EarlyNews,
  keepNews,
  type News,
  newsOf,
  Registration,
} from './domain.ts';

/** Registrations of a cancelled lecture that one event cancels: well within the broker's patience. */
const AT_ONCE = 64;

/** What payment's news do to a registration. */
const effects = {
  paid: (id: number): Reaction => change(Registration, id, completeRegistration),
  unpaid: (id: number): Reaction => change(Registration, id, cancelRegistration),
};

export const policies = ({ records }: Kit): Policy[] => {
  // News of a payment often come before its registration stands, and stay without one when a client paid for a number
  // of its own. No event waits for that: the news are kept, and CourseRegistered finds them.
  const learn = async (courseId: number, news: News): Promise<readonly Reaction[]> => {
    if (!(await records.wasMade(Registration, courseId))) {
      const kept = newsOf(courseId, news);
      await records.create(EarlyNews, { cause: kept }, (id) => keepNews(id, kept), { key: kept });
      if (!(await records.wasMade(Registration, courseId))) return [];
    }
    return [effects[news](courseId)];
  };
  const heard = async (id: number, news: News): Promise<boolean> =>
    (await records.findBy(EarlyNews, 'news', newsOf(id, news))).length > 0;

  // A lecture may have any number of registrations: each event cancels some, and publishes LectureClosing if there are more.
  const close = async (lectureId: number): Promise<readonly Reaction[]> => {
    const page = { number: 0, size: AT_ONCE };
    const { items, next } = await records.find(Registration, 'lectureId', String(lectureId), page);
    const command = { cause: `closed-${lectureId}` };
    await Promise.all(items.map(({ id }) => records.change(byId(Registration, id), command, cancelRegistration)));
    return next === undefined ? [] : [change(CanceledLecture, lectureId, closeOn)];
  };

  return [
    // 수강신청완료
    whenever(PaymentCompleted, ({ courseId }) => learn(courseId, 'paid')),

    // No payment, no registration: also when a payment is cancelled by itself.
    whenever(PaymentCanceled, ({ courseId }) => learn(courseId, 'unpaid')),

    // A payment that is cancelled is never made again, whichever of its news came first.
    whenever(CourseRegistered, async ({ id }) => {
      const [paid, unpaid] = await Promise.all([heard(id, 'paid'), heard(id, 'unpaid')]);
      if (unpaid) return [effects.unpaid(id)];
      return paid ? [effects.paid(id)] : [];
    }),

    // 수강신청취소: first nobody registers any more, then who is registered is found.
    whenever(OpenedCanceled, async ({ id: lectureId }) => {
      const command = { cause: `closed-${lectureId}` };
      await records.create(CanceledLecture, command, () => closeLecture(lectureId), { id: lectureId });
      return close(lectureId);
    }),
    whenever(LectureClosing, ({ lectureId }) => close(lectureId)),
  ];
};
