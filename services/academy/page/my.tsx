import { useMemo } from 'preact/hooks';
import { Act, Command, Processing, rowsIn, Status, Table, useLive } from '../../gateway/page-kit/index.ts';
import { cancelled, PAID, type Registration, registered, student } from './state.ts';
import { texts } from './texts.ts';

/** What a student is registered for, from the dashboard: a cancelled registration is gone from it. */
export function MyRegistrations() {
  const t = texts();
  const live = useLive(
    `courseRegistrationStatuses/search/findByStudentId?studentId=${encodeURIComponent(student.value)}`,
  );
  const shown = rowsIn<Registration>(live.body.value);
  const onTheirWay = registered.value.filter(
    ({ studentId, courseId }) =>
      studentId === student.value &&
      !cancelled.value.includes(courseId) &&
      !shown.some((row) => row.courseId === courseId),
  );
  return (
    <Table
      caption={t.mineOf(student.value)}
      live={live}
      rows={[...onTheirWay, ...shown.toReversed()]}
      idOf={({ courseId }) => courseId}
      empty={t.noRegistrations}
      columns={[
        { head: t.registration, cell: ({ courseId }) => courseId },
        { head: t.lecture, cell: ({ lectureName, lectureId }) => lectureName ?? lectureId },
        {
          head: t.status,
          cell: ({ courseStatus: status }) =>
            status === PAID ? <Status value={status} tone="good" /> : <Status value={status} />,
        },
        {
          head: t.cancel,
          isAction: true,
          cell: (row) =>
            cancelled.value.includes(row.courseId) || !row.courseStatus ? <Processing /> : <Cancel row={row} />,
        },
      ]}
    />
  );
}

function Cancel({ row: { courseId, lectureName, lectureId } }: { row: Registration }) {
  const command = useMemo(() => new Command(), []);
  const cancel = async (): Promise<void> => {
    if (await command.send('DELETE', `courseRegistrationSystems/${courseId}`))
      cancelled.value = [...cancelled.value, courseId];
  };
  const name = lectureName ?? String(lectureId);
  return <Act command={command} onPress={() => void cancel()} label={texts().cancel} name={name} isGrave />;
}
