import { type ClientSession, idOf, type Subject } from '../client-session.ts';
import { type Course, type Enrolment, judge, type Promised } from './lecture-judge.ts';

/** Enrolments that are changed, cancelled, or lose their payment; courses; direct gifts. */
export function lecture(): Subject {
  const promised: Promised = { enrolments: [], courses: [], gifts: [] };
  return {
    system: 'lecture',
    client: (session) => new Client(session, promised),
    judge: (findings, shown) => judge(promised, findings, shown),
  };
}

class Client {
  private readonly mine: Enrolment[] = [];
  private readonly taught: Course[] = [];

  constructor(
    private readonly session: ClientSession,
    private readonly promised: Promised,
  ) {}

  next(): Promise<void> {
    const { session } = this;
    const dice = session.dice();
    const enrolment = session.pick(this.mine);
    const course = session.pick(this.taught);
    if (dice < 0.45 || !enrolment) return this.enrol();
    if (dice < 0.53) return this.change(enrolment);
    if (dice < 0.63) return this.cancel(enrolment);
    if (dice < 0.68) return enrolment.paymentCanceled ? this.cancel(enrolment) : this.cancelPayment(enrolment);
    if (dice < 0.74 || !course) return this.teach();
    if (dice < 0.84) return this.rename(course);
    if (dice < 0.9) return this.drop(course);
    return this.give();
  }

  private fee(): number {
    return 100 * this.session.upTo(450);
  }

  private async enrol(): Promise<void> {
    const { session, promised, mine } = this;
    const name = session.name();
    const body = { courseId: session.upTo(9), fee: this.fee(), student: name, textBook: `book of ${name}` };
    const answer = await session.command('POST', '/classes', body);
    // 409: the first try under this key was undone meanwhile, which refuses the command.
    if (answer.status === 409 || !session.accepted(answer, `enrolment of ${name}`)) return;
    const enrolment = { ...body, id: idOf(answer), changes: [], canceled: false, paymentCanceled: false };
    promised.enrolments.push(enrolment);
    mine.push(enrolment);
  }

  private async change(one: Enrolment): Promise<void> {
    const { session } = this;
    const request = session.dice() < 0.5 ? { fee: this.fee() } : { courseId: session.upTo(9) };
    const answer = await session.command('PATCH', `/classes/${one.id}`, request);
    if (session.accepted(answer, `Class-${one.id} change`)) one.changes.push(request);
  }

  private async cancel(one: Enrolment): Promise<void> {
    const { session, mine } = this;
    const answer = await session.command('DELETE', `/classes/${one.id}`);
    if (!session.accepted(answer, `Class-${one.id} cancel`)) return;
    one.canceled = true;
    mine.splice(mine.indexOf(one), 1);
  }

  private async cancelPayment(one: Enrolment): Promise<void> {
    const { session } = this;
    const answer = await session.command('PATCH', `/payment/cancel/${one.id}`);
    if (session.accepted(answer, `Payment-of-${one.id} cancel`)) one.paymentCanceled = true;
  }

  private async teach(): Promise<void> {
    const { session, promised, taught } = this;
    const name = session.name();
    const request = { name, teacher: name, fee: 10_000, textBook: 'kor_book' };
    const answer = await session.command('POST', '/courses', request);
    if (!session.accepted(answer, `course ${name}`)) return;
    const course = { id: idOf(answer), teacher: name, name, changes: 0, deleted: false };
    promised.courses.push(course);
    taught.push(course);
  }

  private async rename(one: Course): Promise<void> {
    const { session } = this;
    const name = session.name();
    const answer = await session.command('PATCH', `/courses/${one.id}`, { name });
    if (!session.accepted(answer, `Course-${one.id} change`)) return;
    one.name = name;
    one.changes++;
  }

  private async drop(one: Course): Promise<void> {
    const { session, taught } = this;
    const answer = await session.command('DELETE', `/courses/${one.id}`);
    if (!session.accepted(answer, `Course-${one.id} delete`)) return;
    one.deleted = true;
    taught.splice(taught.indexOf(one), 1);
  }

  private async give(): Promise<void> {
    const { session, promised } = this;
    const [student, fee] = [session.name(), this.fee()];
    const answer = await session.command('POST', '/gifts', { classId: '100000000', fee: String(fee), student });
    promised.gifts.push({ student, fee, accepted: session.accepted(answer, `gift ${student}`) });
  }
}
