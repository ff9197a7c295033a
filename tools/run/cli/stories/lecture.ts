import { embedded, type Story } from '../scenario.ts';

type Json = Record<string, unknown>;
const linkedId = (answer: Json): number => Number(answer.id);

/** A student enrols, changes their mind, and everything follows. */
export const story: Story = {
  port: 8088,
  async tell({ scene, ask, happens }) {
    const first = (answer: Json, show: (record: Json) => string | undefined): string | undefined => {
      const [record] = embedded(answer);
      return record && show(record);
    };

    scene('1. A teacher registers a course.');
    const course = { name: 'korean', teacher: 'hong-gil-dong', fee: '10000', textBook: 'kor_book' };
    const courseId = linkedId(await ask('POST', '/courses', course, 201));

    scene('2. A student enrols. class asks pay first: no enrolment without payment. The rest follows by events.');
    const wish = { courseId: String(courseId), fee: '10000', student: 'john-doe', textBook: 'kor_book' };
    const id = linkedId(await ask('POST', '/classes', wish, 201));
    const of = (collection: string): string => `/${collection}/search/findByClassId?classId=${id}`;
    const page = of('inquiryMypages');
    await happens('pay', 'took the fee when class asked', of('payments'), (answer) =>
      first(answer, ({ status, fee }) => `${status}, ${fee}`),
    );
    await happens('course', 'sends the textbook because it was paid', of('deliveries'), (answer) =>
      first(answer, ({ status, textBook }) => `${status}, ${textBook}`),
    );
    await happens('gift', 'granted a gift when point asked', of('gifts'), (answer) =>
      first(answer, ({ giftstock }) => `giftstock ${giftstock}`),
    );
    await happens('point', 'grants 1 % in points because it was paid', of('points'), (answer) =>
      first(answer, ({ cashpoint }) => `cashpoint ${cashpoint}`),
    );
    const states = ({ status, paymentStatus, deliveryStatus, pointStatus, point, giftstock }: Json): string =>
      [status, paymentStatus, deliveryStatus, pointStatus, `${point} points`, `${giftstock} gift`].join(', ');
    await happens('class', 'shows it all on my page, from events alone', page, (answer) =>
      first(answer, (row) =>
        row.deliveryStatus && row.pointStatus && row.giftstock !== null ? states(row) : undefined,
      ),
    );

    scene('3. The fee is corrected. My page follows; payment and points stay as they were.');
    await ask('PATCH', `/classes/${id}`, { fee: '8000' }, 200);
    await happens('class', 'shows the new fee on my page', page, (answer) =>
      first(answer, ({ fee }) => (fee === 8000 ? `fee ${fee}` : undefined)),
    );

    scene('4. The student cancels. Payment, delivery, points and gift are taken back, one event after the other.');
    await ask('DELETE', `/classes/${id}`, undefined, 204);
    await happens('pay', 'cancels because the enrolment was cancelled', of('payments'), (answer) =>
      first(answer, ({ status }) => (status === 'CANCEL' ? String(status) : undefined)),
    );
    await happens('course', 'stops the delivery because the payment was cancelled', of('deliveries'), (answer) =>
      first(answer, ({ status }) => (status === 'DELIVERY_CANCEL' ? String(status) : undefined)),
    );
    await happens('point', 'takes the points back because the payment was cancelled', of('points'), (answer) =>
      first(answer, ({ cashpoint }) => (cashpoint === 0 ? 'cashpoint 0' : undefined)),
    );
    await happens('gift', 'takes the gift back because the points were cancelled', of('gifts'), (answer) =>
      first(answer, ({ giftstock }) => (giftstock === 0 ? 'giftstock 0' : undefined)),
    );
    await happens('class', 'still shows the page, all cancelled', page, (answer) =>
      first(answer, (row) => (row.pointStatus === 'Point Canceled' && row.giftstock === 0 ? states(row) : undefined)),
    );

    scene('5. The enrolment itself is gone.');
    await ask('GET', `/classes/${id}`, undefined, 404);
  },
};
