import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import {
  Act,
  Command,
  count,
  Field,
  Form,
  rowsIn,
  Status,
  Table,
  useLive,
  type Values,
} from '../../gateway/page-kit/index.ts';
import { LECTURES, type Lecture, type LectureStatus, PAID, type Student } from './state.ts';
import { texts } from './texts.ts';

/** What an instructor does: open, rename and cancel lectures, and see who takes them. */
export function Instructor() {
  const t = texts();
  const live = useLive(LECTURES);
  const statuses = useLive('lectureStatuses?size=200&sort=id,desc');
  const chosen = useSignal<number | undefined>(undefined);
  const lectures = rowsIn<Lecture>(live.body.value);
  const lecture = lectures.find(({ id }) => id === chosen.value);
  const last = new Map(
    rowsIn<LectureStatus>(statuses.body.value).map(({ lectureId, lectureStatus }) => [lectureId, lectureStatus]),
  );
  return (
    <>
      <Open />
      <p class="lead">{t.cancelLead}</p>
      <Table
        caption={t.mineToTeach}
        live={live}
        rows={lectures}
        idOf={({ id }) => id}
        empty={t.noLectures}
        columns={[
          { head: t.lecture, cell: ({ lectureName }) => lectureName },
          { head: t.students, cell: ({ studentNumber }) => count(studentNumber), isNumber: true },
          { head: t.lastStatus, cell: ({ id }) => <Last status={last.get(id)} /> },
          {
            head: t.show,
            isAction: true,
            cell: ({ id, lectureName }) => (
              <button
                type="button"
                aria-label={t.showOf(lectureName)}
                aria-expanded={chosen.value === id}
                onClick={() => {
                  chosen.value = chosen.value === id ? undefined : id;
                }}
              >
                {t.show}
              </button>
            ),
          },
          { head: t.cancelLecture, cell: (row) => <Cancel lecture={row} />, isAction: true },
        ]}
      />
      {lecture && <Details key={lecture.id} lecture={lecture} />}
    </>
  );
}

/** What happened last to a registration; null: nobody has registered, undefined: not known yet. */
function Last({ status }: { status: string | null | undefined }) {
  if (status === null) return <>{texts().none}</>;
  return <Status value={status} tone={status === PAID ? 'good' : 'ended'} />;
}

function Open() {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const open = (values: Values): void => void command.send('POST', 'lectureSystems', values);
  return (
    <section class="card">
      <h2>{t.open}</h2>
      <Form label={t.open} command={command} onSend={open} submit={t.open} done={t.opened}>
        <Field name="lectureName" label={t.name} />
      </Form>
    </section>
  );
}

function Cancel({ lecture: { id, lectureName } }: { lecture: Lecture }) {
  const command = useMemo(() => new Command(), []);
  const cancel = (): void => void command.send('DELETE', `lectureSystems/${id}`);
  return <Act command={command} onPress={cancel} label={texts().cancelLecture} name={lectureName} isGrave />;
}

/** Who takes a lecture, and its name. */
function Details({ lecture: { id, lectureName } }: { lecture: Lecture }) {
  const t = texts();
  const live = useLive(`lectureSystems/${id}/registrations`);
  const command = useMemo(() => new Command(), []);
  const rename = (values: Values): void => void command.send('PATCH', `lectureSystems/${id}`, values);
  return (
    <>
      <Table
        caption={t.showOf(lectureName)}
        live={live}
        rows={rowsIn<Student>(live.body.value)}
        idOf={(row) => row.id}
        empty={t.nobody}
        columns={[
          { head: t.registration, cell: (row) => row.id },
          { head: t.student, cell: ({ studentId }) => studentId },
          { head: t.status, cell: ({ status }) => <Status value={status} tone="good" /> },
        ]}
      />
      <section class="card">
        <Form label={t.rename} command={command} onSend={rename} submit={t.rename} done={t.renamed}>
          <Field name="lectureName" label={t.name} value={lectureName} />
        </Form>
      </section>
    </>
  );
}
