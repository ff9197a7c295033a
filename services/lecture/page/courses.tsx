import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Command, Field, Form, goTo, rowsIn, Table, useLive, type Values, won } from '../../gateway/page-kit/index.ts';
import { COURSES, type Course, type Enrolment, enrolled, student } from './state.ts';
import { texts } from './texts.ts';

/** The courses on offer, and enrolling in one. */
export function Courses() {
  const t = texts();
  const live = useLive(COURSES);
  const chosen = useSignal<Course | undefined>(undefined);
  const course = chosen.value;
  return (
    <>
      <p class="lead">{t.coursesLead}</p>
      {course && <Enrol key={course.id} course={course} />}
      <Table
        caption={t.courses}
        live={live}
        rows={rowsIn<Course>(live.body.value)}
        idOf={({ id }) => id}
        empty={t.noCourses}
        columns={[
          { head: t.course, cell: ({ name }) => name },
          { head: t.teacher, cell: ({ teacher }) => teacher },
          { head: t.textBook, cell: ({ textBook }) => textBook },
          { head: t.fee, cell: ({ fee }) => won(fee), isNumber: true },
          {
            head: t.enrol,
            isAction: true,
            cell: (row) => (
              <button
                type="button"
                aria-label={t.enrolIn(row.name)}
                onClick={() => {
                  chosen.value = row;
                }}
              >
                {t.enrol}
              </button>
            ),
          },
        ]}
      />
    </>
  );
}

function Enrol({ course }: { course: Course }) {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const enrol = async (values: Values): Promise<void> => {
    const body = { courseId: course.id, fee: '', student: '', textBook: course.textBook, ...values };
    const made = await command.send('POST', 'classes', body);
    if (!made) return;
    student.value = body.student;
    enrolled.value = [...enrolled.value, { ...nothingYet, ...(made as Partial<Enrolment>), classId: Number(made.id) }];
  };
  return (
    <section class="card" aria-live="polite">
      <h2>{t.enrolIn(course.name)}</h2>
      <Form
        label={t.enrolIn(course.name)}
        command={command}
        onSend={(values) => void enrol(values)}
        submit={t.pay}
        done={
          <>
            {t.enrolled}{' '}
            <button type="button" onClick={() => goTo('my')}>
              {t.toMyPage}
            </button>
          </>
        }
      >
        <Field name="student" label={t.student} value={student.value} />
        <Field name="fee" label={t.fee} value={course.fee} isNumber />
      </Form>
    </section>
  );
}

const nothingYet: Enrolment = {
  classId: 0,
  courseId: 0,
  fee: 0,
  student: '',
  textBook: '',
  status: null,
  paymentStatus: null,
  deliveryStatus: null,
  pointStatus: null,
  point: null,
  giftstock: null,
};
