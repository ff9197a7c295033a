import { type ClientSession, idOf, type Subject } from '../client-session.ts';
import type { Findings } from '../findings.ts';
import type { Shown } from '../shown.ts';

interface Lecture {
  readonly id: number;
  readonly lectureName: string;
  canceled: boolean;
}
interface Registration {
  readonly id: number;
  readonly lecture: Lecture;
  readonly studentId: number;
  canceled: boolean;
}
/** What clients were answered. */
interface Promised {
  readonly lectures: Lecture[];
  readonly registrations: Registration[];
}

/** For this one the contract's scenarios register: it stays. */
const LECTURE_OF_THE_CONTRACT = 1;
const PAID = '결제 완료';

/** Registrations for few lectures, so that their headcount is contended; students cancel, and lectures are cancelled with all on them. */
export function academy(): Subject {
  const promised: Promised = { lectures: [], registrations: [] };
  return {
    system: 'academy',
    client: (session) => new Client(session, promised),
    judge: (findings, shown) => judge(promised, findings, shown),
  };
}

class Client {
  private readonly mine: Registration[] = [];
  private students = 0;

  constructor(
    private readonly session: ClientSession,
    private readonly promised: Promised,
  ) {}

  next(): Promise<void> {
    const { session, promised, mine } = this;
    const dice = session.dice();
    const lecture = session.pick(promised.lectures.filter(({ canceled }) => !canceled).slice(-5));
    const registration = session.pick(mine);
    if (dice < 0.06 || !lecture) return this.open();
    if (dice < 0.09 && lecture.id !== LECTURE_OF_THE_CONTRACT) return this.close(lecture);
    return dice < 0.7 || !registration ? this.register(lecture) : this.cancel(registration);
  }

  private async open(): Promise<void> {
    const { session, promised } = this;
    const lectureName = session.name();
    const answer = await session.command('POST', '/lectureSystems', { lectureName });
    if (session.accepted(answer, `lecture ${lectureName}`))
      promised.lectures.push({ id: idOf(answer), lectureName, canceled: false });
  }

  private async close(lecture: Lecture): Promise<void> {
    const { session } = this;
    // Nobody else may cancel it meanwhile, or register for it and be surprised.
    lecture.canceled = true;
    const answer = await session.command('DELETE', `/lectureSystems/${lecture.id}`, undefined, { untilDone: true });
    session.accepted(answer, `LectureSystem-${lecture.id} cancel`);
  }

  private async register(lecture: Lecture): Promise<void> {
    const { session, promised, mine } = this;
    const studentId = 1 + session.number * 1_000_000 + this.students++;
    const answer = await session.command('POST', '/courseRegistrationSystems', { lectureId: lecture.id, studentId });
    // 409: the lecture is cancelled, or the first try under this key was undone meanwhile.
    if (answer.status === 409 || !session.accepted(answer, `registration of ${studentId}`)) return;
    const registration = { id: idOf(answer), lecture, studentId, canceled: false };
    promised.registrations.push(registration);
    mine.push(registration);
  }

  private async cancel(one: Registration): Promise<void> {
    const { session, mine } = this;
    const answer = await session.command('DELETE', `/courseRegistrationSystems/${one.id}`);
    mine.splice(mine.indexOf(one), 1);
    // 404: it went with its lecture.
    if ((answer.status === 404 && one.lecture.canceled) || session.accepted(answer, `registration ${one.id} cancel`))
      one.canceled = true;
    else mine.push(one);
  }
}

const keyOf = (id: number): string => `academy-registration/CourseRegistrationSystem-${id}`;
const isLive = ({ canceled, lecture }: Registration): boolean => !canceled && !lecture.canceled;

async function judge({ lectures, registrations }: Promised, findings: Findings, shown: Shown): Promise<void> {
  const rows = findings.rowsBy('courseId', await shown.collection('courseRegistrationStatuses'));
  const board = findings.rowsBy('lectureId', await shown.collection('lectureStatuses'));
  const open = findings.rowsBy('id', await shown.collection('lectureSystems'));

  const known = findings.answeredOnce(registrations.map(({ id }) => keyOf(id)));
  // Whatever belongs to no accepted command was undone.
  for (const kind of ['academy-registration/CourseRegistrationSystem', 'academy-payment/PaymentSystem'])
    findings.acceptedOnly(kind, (key, state) => !state || known.has(keyOf(Number(/(\d+)$/.exec(key)?.[1]))));
  for (const one of registrations) {
    const status = rows.get(one.id)?.courseStatus;
    findings.expect(keyOf(one.id), 'its row on the dashboard', status, isLive(one) ? PAID : undefined);
    isPaidOrWhollyGone(findings, one);
  }

  const live = registrations.filter(isLive);
  for (const { id, lectureName, canceled } of lectures) {
    const key = `academy-lecture/LectureSystem-${id}`;
    const row = open.get(id);
    if (canceled) {
      findings.expect(key, 'the lecture', row, undefined);
      findings.expect(key, 'its row on the dashboard', board.get(id), undefined);
      continue;
    }
    const students = live.filter(({ lecture }) => lecture.id === id).length;
    findings.expect(key, 'its name', row?.lectureName, lectureName);
    findings.expect(key, 'its number of students', row?.studentNumber, students);
    findings.expect(key, 'its number of students on the dashboard', board.get(id)?.studentNumber, students);
  }
  const still = lectures.filter(({ canceled }) => !canceled).length;
  findings.expect('academy', 'the number of rows of registrations', rows.size, live.length);
  findings.expect('academy', 'the number of open lectures', open.size, still);
}

function isPaidOrWhollyGone(findings: Findings, registration: Registration): void {
  const { id, lecture, studentId } = registration;
  const key = keyOf(id);
  const state = findings.state(key);
  const payment = findings.state(`academy-payment/PaymentSystem-of-${id}`);
  const wasPublished = (times: string, type: string, should: number): void =>
    findings.expect(key, `the number of times it was ${times}`, findings.count(key, type), should);
  if (isLive(registration)) {
    findings.fields(key, 'the registration', state, { lectureId: lecture.id, studentId, status: PAID });
    findings.expect(key, 'its payment', payment?.courseId, id);
    wasPublished('completed', 'CourseRegistrationCompleted', 1);
  } else {
    findings.expect(key, 'the registration', state, null);
    findings.expect(key, 'its payment', payment, null);
  }
  wasPublished('published', 'CourseRegistered', 1);
  wasPublished('cancelled', 'CourseCanceled', isLive(registration) ? 0 : 1);
}
