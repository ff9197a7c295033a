import { useMemo } from 'preact/hooks';
import { Act, Command, count, Processing, rowsIn, Status, say, useLive, won } from '../../gateway/page-kit/index.ts';
import { COURSES, type Course, cancelled, type Enrolment, enrolled, NEWEST, student } from './state.ts';
import { texts } from './texts.ts';

/** All that a student wants to know, from the view; what is not there yet is being processed. */
export function MyPage() {
  const t = texts();
  const live = useLive(`inquiryMypages?size=${NEWEST}&sort=id,desc`);
  const courses = useLive(COURSES);
  const shown = rowsIn<Enrolment>(live.body.value);
  const onTheirWay = enrolled.value.filter(({ classId }) => !shown.some((row) => row.classId === classId));
  const mine = [...onTheirWay.toReversed(), ...shown].filter((row) => row.student === student.value);
  const names = new Map(rowsIn<Course>(courses.body.value).map(({ id, name }) => [id, name]));
  return (
    <>
      <p class="lead">
        {t.myPageOf(student.value)} {shown.length === NEWEST ? say().newest(NEWEST) : ''}
      </p>
      {mine.length === 0 && (
        <p class="card">
          {live.body.value ? t.noEnrolments(student.value) : live.trouble.value ? say().unreadable : say().loading}
        </p>
      )}
      <div class="cards">
        {mine.map((row) => (
          <Card key={row.classId} row={row} course={names.get(row.courseId)} />
        ))}
      </div>
      <p class="note" role="status">
        {live.body.value && live.trouble.value ? say().stale : ''}
      </p>
    </>
  );
}

function Card({ row, course }: { row: Enrolment; course: string | undefined }) {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const { classId, fee, textBook, status, paymentStatus, deliveryStatus, pointStatus, point, giftstock } = row;
  const isEnded = status === 'CLASS_CANCELED';
  const isEnding = !isEnded && cancelled.value.includes(classId);
  const cancel = async (): Promise<void> => {
    if (await command.send('DELETE', `classes/${classId}`)) cancelled.value = [...cancelled.value, classId];
  };
  const tone = (value: string | null): 'good' | 'ended' => (/cancel/i.test(value ?? '') ? 'ended' : 'good');
  return (
    <section class="card" data-id={classId} aria-label={t.enrolment(classId)}>
      <h2>{course ?? t.enrolment(classId)}</h2>
      <dl>
        <dt>{t.state}</dt>
        <dd>{isEnding ? <Processing /> : <Status value={status} tone={tone(status)} />}</dd>
        <dt>{t.payment}</dt>
        <dd>
          <Status value={paymentStatus} tone={tone(paymentStatus)} /> {won(fee)}
        </dd>
        <dt>{t.delivery}</dt>
        <dd>
          <Status value={deliveryStatus} tone={tone(deliveryStatus)} /> {textBook}
        </dd>
        <dt>{t.points}</dt>
        <dd>
          <Status value={pointStatus} tone={tone(pointStatus)} /> {point === null ? '' : count(point)}
        </dd>
        <dt>{t.gifts}</dt>
        <dd>{giftstock === null ? <Processing /> : count(giftstock)}</dd>
      </dl>
      {status && !isEnded && !isEnding && (
        <Act
          command={command}
          onPress={() => void cancel()}
          label={t.cancel}
          name={course ?? String(classId)}
          isGrave
        />
      )}
    </section>
  );
}
