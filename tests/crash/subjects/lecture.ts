import type { Row } from '../../harness/collection.ts';
import { type ClientSession, idOf, type Subject } from '../client-session.ts';
import type { Findings } from '../findings.ts';
import type { Shown } from '../shown.ts';

/** What the clients did with one enrolment. */
interface Enrolment {
  readonly id: number;
  readonly student: string;
  readonly fee: number;
  readonly textBook: string;
  readonly courseId: number;
  readonly changes: { courseId?: number; fee?: number }[];
  canceled: boolean;
  paymentCanceled: boolean;
}
interface Course {
  readonly id: number;
  readonly teacher: string;
  name: string;
  changes: number;
  deleted: boolean;
}
interface Gift {
  readonly student: string;
  readonly fee: number;
  readonly accepted: boolean;
}

const NOTICED = new Set(
  'CourseRegistered,CourseModified,CourseDeleted,ClassRegistered,ClassModified,ClassCanceled,PaymentApproved,PaymentCanceled,TextbookDeliveried'.split(
    ',',
  ),
);
const giftsFor = (fee: number): number => (fee <= 10_000 ? 1 : fee <= 20_000 ? 2 : fee <= 30_000 ? 3 : 4);

/** Enrolments that are changed, cancelled, or lose their payment; courses; direct gifts. */
export function lecture(): Subject {
  const enrolments: Enrolment[] = [];
  const courses: Course[] = [];
  const gifts: Gift[] = [];

  function client(session: ClientSession): () => Promise<void> {
    const mine: Enrolment[] = [];
    const taught: Course[] = [];
    const fee = (): number => 100 * session.upTo(450);
    const change = (one: Enrolment): Promise<void> => {
      const request = session.dice() < 0.5 ? { fee: fee() } : { courseId: session.upTo(9) };
      return session.command('PATCH', `/classes/${one.id}`, request).then((answer) => {
        if (session.accepted(answer, `Class-${one.id} change`)) one.changes.push(request);
      });
    };
    const enrol = async (): Promise<void> => {
      const name = session.name();
      const body = { courseId: session.upTo(9), fee: fee(), student: name, textBook: `book of ${name}` };
      const answer = await session.command('POST', '/classes', body);
      // 409: the first try under this key was undone meanwhile, which refuses the command.
      if (answer.status === 409 || !session.accepted(answer, `enrolment of ${name}`)) return;
      const enrolment = { ...body, id: idOf(answer), changes: [], canceled: false, paymentCanceled: false };
      enrolments.push(enrolment);
      mine.push(enrolment);
    };
    const cancel = async (one: Enrolment): Promise<void> => {
      if (!session.accepted(await session.command('DELETE', `/classes/${one.id}`), `Class-${one.id} cancel`)) return;
      one.canceled = true;
      mine.splice(mine.indexOf(one), 1);
    };
    const cancelPayment = async (one: Enrolment): Promise<void> => {
      const answer = await session.command('PATCH', `/payment/cancel/${one.id}`);
      if (session.accepted(answer, `Payment-of-${one.id} cancel`)) one.paymentCanceled = true;
    };
    const teach = async (): Promise<void> => {
      const name = session.name();
      const answer = await session.command('POST', '/courses', {
        name,
        teacher: name,
        fee: 10_000,
        textBook: 'kor_book',
      });
      if (!session.accepted(answer, `course ${name}`)) return;
      const course = { id: idOf(answer), teacher: name, name, changes: 0, deleted: false };
      courses.push(course);
      taught.push(course);
    };
    const rename = async (one: Course): Promise<void> => {
      const name = session.name();
      if (!session.accepted(await session.command('PATCH', `/courses/${one.id}`, { name }), `Course-${one.id} change`))
        return;
      one.name = name;
      one.changes++;
    };
    const drop = async (one: Course): Promise<void> => {
      if (!session.accepted(await session.command('DELETE', `/courses/${one.id}`), `Course-${one.id} delete`)) return;
      one.deleted = true;
      taught.splice(taught.indexOf(one), 1);
    };
    const give = async (): Promise<void> => {
      const [student, worth] = [session.name(), fee()];
      const answer = await session.command('POST', '/gifts', { classId: '100000000', fee: String(worth), student });
      gifts.push({ student, fee: worth, accepted: session.accepted(answer, `gift ${student}`) });
    };
    return () => {
      const dice = session.dice();
      const enrolment = session.pick(mine);
      const course = session.pick(taught);
      if (dice < 0.45 || !enrolment) return enrol();
      if (dice < 0.53) return change(enrolment);
      if (dice < 0.63) return cancel(enrolment);
      if (dice < 0.68) return enrolment.paymentCanceled ? cancel(enrolment) : cancelPayment(enrolment);
      if (dice < 0.74 || !course) return teach();
      if (dice < 0.84) return rename(course);
      if (dice < 0.9) return drop(course);
      return give();
    };
  }

  async function judge(findings: Findings, shown: Shown): Promise<void> {
    const { snapshot, events } = findings;
    const myPage = await shown.collection('inquiryMypages');
    const classes = await shown.collection('classes');
    const notices = await shown.notices();

    const of = (about: string): number => Number(/-of-(\d+)$/.exec(about)?.[1]);
    const tells = (kind: string, made: string, ended: string, isEnded: (state: Row) => boolean): void => {
      for (const [key, { id, state }] of findings.all(kind)) {
        if (!id || !state) continue;
        if (of(key) && Number(state.classId) !== of(key)) findings.wrong(key, `belongs to enrolment ${state.classId}`);
        const nameOf = ({ type, data }: { type: string; data: Row }): string =>
          type === 'TextbookDeliveried' ? String(data.status) : type;
        findings.publishes(key, { [made]: 1, [ended]: isEnded(state) ? 1 : 0 }, nameOf);
      }
    };
    tells('lecture-pay/Payment', 'PaymentApproved', 'PaymentCanceled', ({ status }) => status === 'CANCEL');
    tells('lecture-course/Delivery', 'DELIVERY_START', 'DELIVERY_CANCEL', ({ status }) => status === 'DELIVERY_CANCEL');
    tells('lecture-point/Point', 'PointRegistered', 'PointCanceled', ({ cashpoint }) => cashpoint === 0);
    tells('lecture-gift/Gift', 'GiftRegistered', 'GiftCanceled', ({ giftstock }) => giftstock === 0);

    const rows = new Map<unknown, Row>();
    for (const row of myPage) {
      if (rows.has(row.classId)) findings.wrong(`InquiryMypage-of-${row.classId}`, 'My page shows two rows');
      rows.set(row.classId, row);
    }

    const known = new Set<number>();
    for (const { id, student, textBook, fee, courseId, canceled, paymentCanceled, changes } of enrolments) {
      const about = `Class-${id}`;
      if (known.has(id)) findings.wrong(about, 'two commands were answered with it');
      known.add(id);
      const off = canceled || paymentCanceled;
      const changed = Object.assign({ fee, courseId }, ...changes) as { fee: number; courseId: number };
      const enrolled = findings.state(`lecture-class/${about}`);
      if (canceled) findings.expect(about, 'the class', enrolled, null);
      else {
        findings.fields(about, 'the class', enrolled, { id, student, textBook, ...changed });
        if (classes.filter((one) => one.student === student).length !== 1)
          findings.wrong(about, 'GET /classes does not list it once');
      }
      const published = { ClassRegistered: 1, ClassModified: changes.length, ClassCanceled: canceled ? 1 : 0 };
      findings.publishes(`lecture-class/${about}`, published);
      const payment = findings.state(`lecture-pay/Payment-of-${id}`);
      const status = off ? 'CANCEL' : 'PAYMENT_COMPLETED';
      findings.fields(about, 'the payment', payment, { status, classId: id, student, textBook, fee, courseId });
      findings.fields(about, 'the delivery', findings.state(`lecture-course/Delivery-of-${id}`), {
        status: off ? 'DELIVERY_CANCEL' : 'DELIVERY_START',
        ...{ paymentId: payment?.id, student, textBook, courseId },
      });
      const [point, giftstock] = off ? [0, 0] : [Math.floor(fee / 100), giftsFor(fee)];
      findings.fields(about, 'the points', findings.state(`lecture-point/Point-of-${id}`), { cashpoint: point });
      findings.fields(about, 'the gift', findings.state(`lecture-gift/Gift-of-${id}`), { giftstock });
      findings.fields(about, 'My page', rows.get(id), {
        ...{ paymentId: payment?.id, student, textBook, ...changed, point, giftstock },
        status: canceled ? 'CLASS_CANCELED' : 'CLASS_START',
        paymentStatus: off ? 'PAYMENT_CANCELED' : 'PAYMENT_COMPLETED',
        deliveryStatus: off ? 'DELIVERY_CANCELED' : 'DELIVERY_START',
        pointStatus: off ? 'Point Canceled' : 'Point Added',
      });
    }

    // Whatever belongs to no accepted command: refused ones, and first tries that were undone. All of it must be ended.
    for (const [key, { state, version }] of snapshot.documents) {
      const [, kind, number] = /\/(Class|Payment|Delivery|Point|Gift)-(?:of-)?(\d+)$/.exec(key) ?? [];
      if (!kind || known.has(Number(number)) || !state || typeof version !== 'number') continue;
      const { status, cashpoint, giftstock } = state;
      const ended = status === 'CANCEL' || status === 'DELIVERY_CANCEL' || cashpoint === 0 || giftstock === 0;
      if (!ended) findings.wrong(key, 'is the effect of a command that was never accepted');
    }
    for (const row of myPage)
      if (!known.has(Number(row.classId)) && (row.status !== 'CLASS_CANCELED' || row.point || row.giftstock))
        findings.wrong(`Class-${row.classId}`, `My page shows what was never accepted: ${JSON.stringify(row)}`);

    const taught = new Set<string>();
    for (const { id, name, teacher, changes, deleted } of courses) {
      const key = `lecture-course/Course-${id}`;
      taught.add(key);
      const state = findings.state(key);
      if (deleted) findings.expect(key, 'the course', state, null);
      else findings.fields(key, 'the course', state, { name, teacher });
      findings.publishes(key, { CourseRegistered: 1, CourseModified: changes, CourseDeleted: deleted ? 1 : 0 });
    }
    for (const [key] of findings.all('lecture-course/Course'))
      if (!taught.has(key)) findings.wrong(key, 'is the effect of a command that was never accepted');

    // The gift of an enrolment lies under its number.
    const direct = findings.all('lecture-gift/Gift').filter(([key, { state }]) => !/-of-\d+$/.test(key) && state);
    for (const { student, fee, accepted } of gifts) {
      const made = direct.filter(([, { state }]) => state?.student === student);
      findings.expect(student, 'the number of direct gifts', made.length, accepted ? 1 : 0);
      for (const [key, { state }] of made) findings.expect(key, 'giftstock', state?.giftstock, giftsFor(fee));
    }

    const counts = new Map<string, number>();
    for (const id of notices) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const { id, type } of events.values())
      findings.expect(id, `the number of notices of ${type}`, counts.get(id) ?? 0, NOTICED.has(type) ? 1 : 0);
    for (const id of counts.keys())
      if (!events.has(id)) findings.wrong(id, 'a notice of an event that is not on the topic');
  }

  return { system: 'lecture', client, judge };
}
