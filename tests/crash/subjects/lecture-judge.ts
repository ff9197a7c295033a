import type { Row } from '../../harness/collection.ts';
import type { Findings } from '../findings.ts';
import type { Shown } from '../shown.ts';
import type { PublishedEvent } from '../snapshot.ts';

/** What the clients did with one enrolment. */
export interface Enrolment {
  readonly id: number;
  readonly student: string;
  readonly fee: number;
  readonly textBook: string;
  readonly courseId: number;
  readonly changes: { courseId?: number; fee?: number }[];
  canceled: boolean;
  paymentCanceled: boolean;
}
export interface Course {
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
/** What clients were answered. */
export interface Promised {
  readonly enrolments: Enrolment[];
  readonly courses: Course[];
  readonly gifts: Gift[];
}

const NOTICED = new Set(
  'CourseRegistered,CourseModified,CourseDeleted,ClassRegistered,ClassModified,ClassCanceled,PaymentApproved,PaymentCanceled,TextbookDeliveried'.split(
    ',',
  ),
);
const giftsFor = (fee: number): number => (fee <= 10_000 ? 1 : fee <= 20_000 ? 2 : fee <= 30_000 ? 3 : 4);

/** What a record of an enrolment tells when it is made and when it ends, and how its state says that it has ended. */
interface Life {
  readonly made: string;
  readonly ended: string;
  readonly hasEnded: (state: Row) => boolean;
}
const LIVES: Readonly<Record<string, Life>> = {
  'lecture-pay/Payment': {
    made: 'PaymentApproved',
    ended: 'PaymentCanceled',
    hasEnded: ({ status }) => status === 'CANCEL',
  },
  'lecture-course/Delivery': {
    made: 'DELIVERY_START',
    ended: 'DELIVERY_CANCEL',
    hasEnded: ({ status }) => status === 'DELIVERY_CANCEL',
  },
  'lecture-point/Point': {
    made: 'PointRegistered',
    ended: 'PointCanceled',
    hasEnded: ({ cashpoint }) => cashpoint === 0,
  },
  'lecture-gift/Gift': {
    made: 'GiftRegistered',
    ended: 'GiftCanceled',
    hasEnded: ({ giftstock }) => giftstock === 0,
  },
};

const classOf = (id: unknown): string => `Class-${id}`;
/** A record of an enrolment lies under its number, and a gift that was given directly does not. */
const enrolmentOf = (key: string): string | undefined => /-of-(\d+)$/.exec(key)?.[1];

/** Compares what there is of lecture with what its clients were answered. */
export async function judge({ enrolments, courses, gifts }: Promised, findings: Findings, shown: Shown): Promise<void> {
  const myPage = await shown.collection('inquiryMypages');
  const classes = await shown.collection('classes');
  const notices = await shown.notices();

  for (const [kind, life] of Object.entries(LIVES)) tellItsLife(findings, kind, life);
  const rows = findings.rowsBy('classId', myPage);
  const known = findings.answeredOnce(enrolments.map(({ id }) => classOf(id)));
  for (const enrolment of enrolments) {
    const listed = classes.filter(({ student }) => student === enrolment.student).length;
    isRegisteredAsChanged(findings, enrolment, listed);
    hasItsEffects(findings, enrolment);
    isOnMyPage(findings, enrolment, rows.get(enrolment.id));
  }
  nothingStandsBesides(findings, known, myPage);
  coursesStandAsChanged(findings, courses);
  giftsAreGivenOnce(findings, gifts);
  findings.noticedOnce(notices, NOTICED);
}

function tellItsLife(findings: Findings, kind: string, { made, ended, hasEnded }: Life): void {
  const nameOf = ({ type, data }: PublishedEvent): string =>
    type === 'TextbookDeliveried' ? String(data.status) : type;
  for (const [key, { id, state }] of findings.all(kind)) {
    if (!id || !state) continue;
    const of = enrolmentOf(key);
    if (of && Number(state.classId) !== Number(of)) findings.wrong(key, `belongs to enrolment ${state.classId}`);
    findings.publishes(key, { [made]: 1, [ended]: hasEnded(state) ? 1 : 0 }, nameOf);
  }
}

const isOff = ({ canceled, paymentCanceled }: Enrolment): boolean => canceled || paymentCanceled;
const asChanged = ({ fee, courseId, changes }: Enrolment): Row => Object.assign({ fee, courseId }, ...changes);
const paymentOf = (findings: Findings, { id }: Enrolment) => findings.state(`lecture-pay/Payment-of-${id}`);
const effectsOf = (enrolment: Enrolment): { point: number; giftstock: number } =>
  isOff(enrolment)
    ? { point: 0, giftstock: 0 }
    : { point: Math.floor(enrolment.fee / 100), giftstock: giftsFor(enrolment.fee) };

function isRegisteredAsChanged(findings: Findings, enrolment: Enrolment, listed: number): void {
  const { id, student, textBook, canceled, changes } = enrolment;
  const about = classOf(id);
  const key = `lecture-class/${about}`;
  const enrolled = findings.state(key);
  if (canceled) findings.expect(about, 'the class', enrolled, null);
  else {
    findings.fields(about, 'the class', enrolled, { id, student, textBook, ...asChanged(enrolment) });
    if (listed !== 1) findings.wrong(about, 'GET /classes does not list it once');
  }
  const published = { ClassRegistered: 1, ClassModified: changes.length, ClassCanceled: canceled ? 1 : 0 };
  findings.publishes(key, published);
}

function hasItsEffects(findings: Findings, enrolment: Enrolment): void {
  const { id, student, textBook, fee, courseId } = enrolment;
  const about = classOf(id);
  const off = isOff(enrolment);
  const { point, giftstock } = effectsOf(enrolment);
  const payment = paymentOf(findings, enrolment);
  const status = off ? 'CANCEL' : 'PAYMENT_COMPLETED';
  findings.fields(about, 'the payment', payment, { status, classId: id, student, textBook, fee, courseId });
  findings.fields(about, 'the delivery', findings.state(`lecture-course/Delivery-of-${id}`), {
    status: off ? 'DELIVERY_CANCEL' : 'DELIVERY_START',
    ...{ paymentId: payment?.id, student, textBook, courseId },
  });
  findings.fields(about, 'the points', findings.state(`lecture-point/Point-of-${id}`), { cashpoint: point });
  findings.fields(about, 'the gift', findings.state(`lecture-gift/Gift-of-${id}`), { giftstock });
}

function isOnMyPage(findings: Findings, enrolment: Enrolment, row: Row | undefined): void {
  const { id, student, textBook, canceled } = enrolment;
  const off = isOff(enrolment);
  findings.fields(classOf(id), 'My page', row, {
    ...{ paymentId: paymentOf(findings, enrolment)?.id, student, textBook },
    ...asChanged(enrolment),
    ...effectsOf(enrolment),
    status: canceled ? 'CLASS_CANCELED' : 'CLASS_START',
    paymentStatus: off ? 'PAYMENT_CANCELED' : 'PAYMENT_COMPLETED',
    deliveryStatus: off ? 'DELIVERY_CANCELED' : 'DELIVERY_START',
    pointStatus: off ? 'Point Canceled' : 'Point Added',
  });
}

/** Refused enrolments, and first tries that were undone, have left nothing that has not ended. */
function nothingStandsBesides(findings: Findings, known: ReadonlySet<string>, myPage: readonly Row[]): void {
  for (const kind of ['lecture-class/Class', ...Object.keys(LIVES)])
    findings.acceptedOnly(kind, (key, state) => {
      const number = /\/\w+-(?:of-)?(\d+)$/.exec(key)?.[1];
      return !number || known.has(classOf(number)) || !state || (LIVES[kind]?.hasEnded(state) ?? false);
    });
  for (const row of myPage)
    if (!known.has(classOf(row.classId)) && (row.status !== 'CLASS_CANCELED' || row.point || row.giftstock))
      findings.wrong(classOf(row.classId), `My page shows what was never accepted: ${JSON.stringify(row)}`);
}

function coursesStandAsChanged(findings: Findings, courses: readonly Course[]): void {
  const keyOf = ({ id }: Course): string => `lecture-course/Course-${id}`;
  const taught = findings.answeredOnce(courses.map(keyOf));
  findings.acceptedOnly('lecture-course/Course', (key) => taught.has(key));
  for (const course of courses) {
    const { name, teacher, changes, deleted } = course;
    const key = keyOf(course);
    const state = findings.state(key);
    if (deleted) findings.expect(key, 'the course', state, null);
    else findings.fields(key, 'the course', state, { name, teacher });
    findings.publishes(key, { CourseRegistered: 1, CourseModified: changes, CourseDeleted: deleted ? 1 : 0 });
  }
}

function giftsAreGivenOnce(findings: Findings, gifts: readonly Gift[]): void {
  const direct = findings.all('lecture-gift/Gift').filter(([key, { state }]) => !enrolmentOf(key) && state);
  for (const { student, fee, accepted } of gifts) {
    const made = direct.filter(([, { state }]) => state?.student === student);
    findings.expect(student, 'the number of direct gifts', made.length, accepted ? 1 : 0);
    for (const [key, { state }] of made) findings.expect(key, 'giftstock', state?.giftstock, giftsFor(fee));
  }
}
