import {
  change,
  create,
  decided,
  type Kit,
  naturalKey,
  type Policy,
  type Reaction,
  whenever,
} from '../../kit/index.ts';
import { OpenedCanceled } from '../lecture/contract.ts';
import { PaymentCanceled, PaymentCompleted } from '../payment/contract.ts';
import { CourseRegistered } from './contract.ts';
import {
  CanceledLecture,
  cancelRegistration,
  completeRegistration,
  EarlyNews,
  type News,
  newsOf,
  Registration,
} from './domain.ts';

/** What payment's news do to a registration. */
const effects = {
  paid: (id: number): Reaction => change(Registration, id, completeRegistration),
  unpaid: (id: number): Reaction => change(Registration, id, cancelRegistration),
};

export const policies = ({ records }: Kit): Policy[] => {
  const isKnown = async (id: number): Promise<boolean> => {
    const [loaded] = await records.load([naturalKey(Registration, id)]);
    return loaded?.document !== undefined;
  };

  // News of a payment often come before its registration stands, and stay without one when a client paid for a number
  // of its own. Nobody waits for that: the news are kept, and the registration finds them when it tells of itself.
  const learn = async (courseId: number, news: News): Promise<readonly Reaction[]> => {
    if (!(await isKnown(courseId))) {
      const kept = newsOf(courseId, news);
      await records.create(EarlyNews, { cause: kept }, (id) => decided({ id, news: kept }), { key: kept });
      if (!(await isKnown(courseId))) return [];
    }
    return [effects[news](courseId)];
  };
  const heard = async (id: number, news: News): Promise<readonly Reaction[]> =>
    (await records.findBy(EarlyNews, 'news', newsOf(id, news))).map(() => effects[news](id));

  return [
    // 수강신청완료
    whenever(PaymentCompleted, ({ courseId }) => learn(courseId, 'paid')),

    // No payment, no registration: also when a payment is cancelled by itself.
    whenever(PaymentCanceled, ({ courseId }) => learn(courseId, 'unpaid')),

    whenever(CourseRegistered, async ({ id }) => [...(await heard(id, 'paid')), ...(await heard(id, 'unpaid'))]),

    // 수강신청취소
    whenever(OpenedCanceled, async ({ id: lectureId }) => [
      create(CanceledLecture, lectureId, (id) => decided({ id, lectureId })),
      ...(await records.findBy(Registration, 'lectureId', String(lectureId))).map(({ id }) =>
        change(Registration, id, cancelRegistration),
      ),
    ]),
  ];
};
