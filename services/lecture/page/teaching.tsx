import { useMemo } from 'preact/hooks';
import { Act, Command, Field, Form, rowsIn, Table, useLive, type Values, won } from '../../gateway/page-kit/index.ts';
import { COURSES, type Course } from './state.ts';
import { texts } from './texts.ts';

/** What a teacher does: offer courses, and take them off the list. */
export function Teaching() {
  const t = texts();
  const live = useLive(COURSES);
  const command = useMemo(() => new Command(), []);
  const offer = (values: Values): void => void command.send('POST', 'courses', values);
  return (
    <>
      <section class="card">
        <h2>{t.offer}</h2>
        <Form label={t.offer} command={command} onSend={offer} submit={t.offer} done={t.offered}>
          <Field name="name" label={t.name} />
          <Field name="teacher" label={t.teacher} />
          <Field name="fee" label={t.fee} isNumber />
          <Field name="textBook" label={t.textBook} />
        </Form>
      </section>
      <p class="lead">{t.withdrawLead}</p>
      <Table
        caption={t.yours}
        live={live}
        rows={rowsIn<Course>(live.body.value)}
        idOf={({ id }) => id}
        empty={t.noCourses}
        columns={[
          { head: t.course, cell: ({ name }) => name },
          { head: t.teacher, cell: ({ teacher }) => teacher },
          { head: t.fee, cell: ({ fee }) => won(fee), isNumber: true },
          { head: t.withdraw, cell: (course) => <Withdraw course={course} />, isAction: true },
        ]}
      />
    </>
  );
}

function Withdraw({ course: { id, name } }: { course: Course }) {
  const command = useMemo(() => new Command(), []);
  const withdraw = (): void => void command.send('DELETE', `courses/${id}`);
  return <Act command={command} onPress={withdraw} label={texts().withdraw} name={name} isGrave />;
}
