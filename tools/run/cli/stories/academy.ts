import { embedded, type Story } from '../scenario.ts';

type Json = Record<string, unknown>;

/** Two students take a lecture, one changes her mind, and then the instructor cancels it. */
export const story: Story = {
  port: 8288,
  async tell({ scene, ask, happens }) {
    const has = (students: number) => (answer: Json) =>
      answer.studentNumber === students ? `${students} students` : undefined;
    const inList = (shows: (row: Json) => string | undefined) => (list: Json) => {
      const [row] = embedded(list);
      return row && shows(row);
    };
    const nothing = (list: Json): string | undefined => (embedded(list).length === 0 ? 'nothing' : undefined);
    const register = async (studentId: number, path = '/courseRegistrationSystems'): Promise<number> =>
      Number((await ask('POST', path, { lectureId: String(lecture), studentId }, 201)).id);

    scene('1. An instructor opens a lecture.');
    const lecture = (await ask('POST', '/lectureSystems', { lectureName: 'Korean history' }, 201)).id;
    const lectureRow = `/lectureStatuses/search/findByLectureId?lectureId=${lecture}`;
    await happens(
      'dashboard',
      'shows the lecture',
      lectureRow,
      inList(({ lectureName }) => String(lectureName)),
    );

    scene('2. Two students register. No payment, no registration: payment is asked before registration says yes.');
    const ids = [await register(1), await register(2)];
    for (const id of ids) {
      const paymentOf = `/paymentSystems/search/findByCourseId?courseId=${id}`;
      await happens(
        'payment',
        `has the payment of registration ${id}`,
        paymentOf,
        inList((row) => `payment ${row.id}`),
      );
      await happens('registration', 'hears of it', `/courseRegistrationSystems/${id}`, ({ status }) =>
        status === '결제 완료' ? String(status) : undefined,
      );
    }
    await happens('lecture', 'counts them', `/lectureSystems/${lecture}`, has(2));
    const mine = `/courseRegistrationStatuses/search/findByStudentId?studentId=2`;
    await happens('dashboard', 'shows the second student, from events alone', mine, (list) => {
      const row = embedded(list).find(({ courseId }) => courseId === ids[1]);
      return row?.courseStatus === '결제 완료' && row.lectureName
        ? `${row.lectureName}, ${row.courseStatus}`
        : undefined;
    });

    scene('3. The second student changes her mind. Payment and lecture follow by events.');
    await ask('DELETE', `/courseRegistrationSystems/${ids[1]}`, undefined, 204);
    await ask('GET', `/courseRegistrationSystems/${ids[1]}`, undefined, 404);
    await happens('payment', 'cancels', `/paymentSystems/search/findByCourseId?courseId=${ids[1]}`, nothing);
    await happens('lecture', 'counts one less', `/lectureSystems/${lecture}`, has(1));
    await happens(
      'dashboard',
      'shows what happened last',
      lectureRow,
      inList(({ lectureStatus }) => (lectureStatus === '취소 완료' ? String(lectureStatus) : undefined)),
    );

    scene('4. The instructor cancels the lecture. The registrations for it go, and with them their payments.');
    await ask('DELETE', `/lectureSystems/${lecture}`, undefined, 204);
    await happens(
      'registration',
      'cancels',
      `/courseRegistrationSystems/search/findByLectureId?lectureId=${lecture}`,
      nothing,
    );
    await happens('payment', 'cancels', `/paymentSystems/search/findByCourseId?courseId=${ids[0]}`, nothing);
    await happens('dashboard', 'shows neither', lectureRow, nothing);

    scene('5. Nobody can register for it any more.');
    await ask('POST', '/courseRegistrationSystems', { lectureId: lecture, studentId: 3 }, 409);
  },
};
