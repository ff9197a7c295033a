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

/** For this one the contract's scenarios register: it stays. */
const LECTURE_OF_THE_CONTRACT = 1;

/** Registrations for few lectures, so that their headcount is contended; students cancel, and lectures are cancelled with all on them. */
export function academy(): Subject {
  const lectures: Lecture[] = [];
  const registrations: Registration[] = [];

  function client(session: ClientSession): () => Promise<void> {
    const mine: Registration[] = [];
    let students = 0;
    const open = async (): Promise<void> => {
      const lectureName = session.name();
      const answer = await session.command('POST', '/lectureSystems', { lectureName });
      if (session.accepted(answer, `lecture ${lectureName}`))
        lectures.push({ id: idOf(answer), lectureName, canceled: false });
    };
    const close = async (lecture: Lecture): Promise<void> => {
      // Nobody else may cancel it meanwhile, or register for it and be surprised.
      lecture.canceled = true;
      session.accepted(
        await session.command('DELETE', `/lectureSystems/${lecture.id}`, undefined, { untilDone: true }),
        `LectureSystem-${lecture.id} cancel`,
      );
    };
    const register = async (lecture: Lecture): Promise<void> => {
      const studentId = 1 + session.number * 1_000_000 + students++;
      const answer = await session.command('POST', '/courseRegistrationSystems', { lectureId: lecture.id, studentId });
      // 409: the lecture is cancelled, or the first try under this key was undone meanwhile.
      if (answer.status === 409 || !session.accepted(answer, `registration of ${studentId}`)) return;
      const registration = { id: idOf(answer), lecture, studentId, canceled: false };
      registrations.push(registration);
      mine.push(registration);
    };
    const cancel = async (one: Registration): Promise<void> => {
      const answer = await session.command('DELETE', `/courseRegistrationSystems/${one.id}`);
      mine.splice(mine.indexOf(one), 1);
      // 404: it went with its lecture.
      if ((answer.status === 404 && one.lecture.canceled) || session.accepted(answer, `registration ${one.id} cancel`))
        one.canceled = true;
      else mine.push(one);
    };
    return () => {
      const dice = session.dice();
      const lecture = session.pick(lectures.filter(({ canceled }) => !canceled).slice(-5));
      const registration = session.pick(mine);
      if (dice < 0.06 || !lecture) return open();
      if (dice < 0.09 && lecture.id !== LECTURE_OF_THE_CONTRACT) return close(lecture);
      return dice < 0.7 || !registration ? register(lecture) : cancel(registration);
    };
  }

  async function judge(findings: Findings, shown: Shown): Promise<void> {
    const rows = findings.rowsBy('courseId', await shown.collection('courseRegistrationStatuses'));
    const board = findings.rowsBy('lectureId', await shown.collection('lectureStatuses'));
    const open = findings.rowsBy('id', await shown.collection('lectureSystems'));
    const students = new Map<number, number>();

    const known = new Set<string>();
    for (const { id, lecture, studentId, canceled } of registrations) {
      const key = `academy-registration/CourseRegistrationSystem-${id}`;
      if (known.has(key)) findings.wrong(key, 'two commands were answered with it');
      known.add(key);
      const isLive = !canceled && !lecture.canceled;
      const state = findings.state(key);
      const payment = findings.state(`academy-payment/PaymentSystem-of-${id}`);
      findings.expect(key, 'its row on the dashboard', rows.get(id)?.courseStatus, isLive ? '결제 완료' : undefined);
      if (isLive) {
        findings.fields(key, 'the registration', state, { lectureId: lecture.id, studentId, status: '결제 완료' });
        findings.expect(key, 'its payment', payment?.courseId, id);
        findings.expect(
          key,
          'the number of times it was completed',
          findings.count(key, 'CourseRegistrationCompleted'),
          1,
        );
        students.set(lecture.id, (students.get(lecture.id) ?? 0) + 1);
      } else {
        findings.expect(key, 'the registration', state, null);
        findings.expect(key, 'its payment', payment, null);
      }
      findings.expect(key, 'the number of times it was published', findings.count(key, 'CourseRegistered'), 1);
      findings.expect(
        key,
        'the number of times it was cancelled',
        findings.count(key, 'CourseCanceled'),
        isLive ? 0 : 1,
      );
    }
    // Whatever belongs to no accepted command was undone.
    for (const kind of ['academy-registration/CourseRegistrationSystem', 'academy-payment/PaymentSystem'])
      for (const [key, { state }] of findings.all(kind)) {
        const of = `academy-registration/CourseRegistrationSystem-${/(\d+)$/.exec(key)?.[1]}`;
        if (state && !known.has(of)) findings.wrong(key, 'is the effect of a command that was never accepted');
      }

    for (const { id, lectureName, canceled } of lectures) {
      const key = `academy-lecture/LectureSystem-${id}`;
      const row = open.get(id);
      const count = students.get(id) ?? 0;
      if (canceled) {
        findings.expect(key, 'the lecture', row, undefined);
        findings.expect(key, 'its row on the dashboard', board.get(id), undefined);
        continue;
      }
      findings.expect(key, 'its name', row?.lectureName, lectureName);
      findings.expect(key, 'its number of students', row?.studentNumber, count);
      findings.expect(key, 'its number of students on the dashboard', board.get(id)?.studentNumber, count);
    }
    const live = registrations.filter(({ canceled, lecture }) => !canceled && !lecture.canceled).length;
    findings.expect('academy', 'the number of rows of registrations', rows.size, live);
    findings.expect(
      'academy',
      'the number of open lectures',
      open.size,
      lectures.filter(({ canceled }) => !canceled).length,
    );
  }

  return { system: 'academy', client, judge };
}
