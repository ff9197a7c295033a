import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import {
  Command,
  count,
  Field,
  Form,
  goTo,
  rowsIn,
  Table,
  useLive,
  type Values,
} from '../../gateway/page-kit/index.ts';
import { LECTURES, type Lecture, registered, student } from './state.ts';
import { texts } from './texts.ts';

/** The open lectures with their students, and registering for one. */
export function Lectures() {
  const t = texts();
  const live = useLive(LECTURES);
  const chosen = useSignal<Lecture | undefined>(undefined);
  const lecture = chosen.value;
  return (
    <>
      <p class="lead">{t.lecturesLead}</p>
      {lecture && <Register key={lecture.id} lecture={lecture} />}
      <Table
        caption={t.lectures}
        live={live}
        rows={rowsIn<Lecture>(live.body.value)}
        idOf={({ id }) => id}
        empty={t.noLectures}
        columns={[
          { head: t.number, cell: ({ id }) => id },
          { head: t.lecture, cell: ({ lectureName }) => lectureName },
          { head: t.students, cell: ({ studentNumber }) => count(studentNumber), isNumber: true },
          {
            head: t.register,
            isAction: true,
            cell: (row) => (
              <button
                type="button"
                aria-label={t.registerFor(row.lectureName)}
                onClick={() => {
                  chosen.value = row;
                }}
              >
                {t.register}
              </button>
            ),
          },
        ]}
      />
    </>
  );
}

function Register({ lecture: { id: lectureId, lectureName } }: { lecture: Lecture }) {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const register = async (values: Values): Promise<void> => {
    const made = await command.send('POST', 'courseRegistrationSystems', { lectureId, ...values });
    if (!made) return;
    student.value = String(made.studentId);
    const row = { courseId: Number(made.id), lectureId, lectureName, courseStatus: null, studentId: student.value };
    registered.value = [row, ...registered.value];
  };
  return (
    <section class="card">
      <h2>{t.registerFor(lectureName)}</h2>
      <Form
        label={t.registerFor(lectureName)}
        command={command}
        onSend={(values) => void register(values)}
        submit={t.pay}
        done={
          <>
            {t.registered}{' '}
            <button type="button" onClick={() => goTo('my')}>
              {t.toMine}
            </button>
          </>
        }
      >
        <Field name="studentId" label={t.student} value={student.value} isNumber />
      </Form>
    </section>
  );
}
