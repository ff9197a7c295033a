import { embedded, type Stage, type Story } from '../scenario.ts';

type Json = Record<string, unknown>;

const first = (show: (record: Json) => string | undefined) => (answer: Json) => {
  const [record] = embedded(answer);
  return record && show(record);
};
/** What the first record says in a field, once it is this. */
const is = (field: string, value: unknown, words = String(value)) =>
  first((record) => (record[field] === value ? words : undefined));

const ofClass = (collection: string, id: number): string => `/${collection}/search/findByClassId?classId=${id}`;

const states = ({ status, paymentStatus, deliveryStatus, pointStatus, point, giftstock }: Json): string =>
  [status, paymentStatus, deliveryStatus, pointStatus, `${point} points`, `${giftstock} gift`].join(', ');

/** A student enrols, changes their mind, and everything follows. */
export const story: Story = {
  port: 8088,
  async play(stage) {
    const { scene, ask, happens } = stage;
    const id = await enrolled(stage);

    scene('3. The fee is corrected. My page follows; payment and points stay as they were.');
    await ask('PATCH', `/classes/${id}`, { fee: '8000' }, 200);
    await happens('class', 'shows the new fee on my page', ofClass('inquiryMypages', id), is('fee', 8000, 'fee 8000'));

    await canceled(stage, id);

    scene('5. The enrolment itself is gone.');
    await ask('GET', `/classes/${id}`, undefined, 404);
  },
};

/** @returns the number of the enrolment */
async function enrolled({ scene, ask, happens }: Stage): Promise<number> {
  scene('1. A teacher registers a course.');
  const course = { name: 'korean', teacher: 'hong-gil-dong', fee: '10000', textBook: 'kor_book' };
  const { id: courseId } = await ask('POST', '/courses', course, 201);

  scene('2. A student enrols. class asks pay first: no enrolment without payment. The rest follows by events.');
  const request = { courseId: String(courseId), fee: '10000', student: 'john-doe', textBook: 'kor_book' };
  const id = Number((await ask('POST', '/classes', request, 201)).id);
  const payment = first(({ status, fee }) => `${status}, ${fee}`);
  await happens('pay', 'took the fee when class asked', ofClass('payments', id), payment);
  const delivery = first(({ status, textBook }) => `${status}, ${textBook}`);
  await happens('course', 'sends the textbook because it was paid', ofClass('deliveries', id), delivery);
  const gift = first(({ giftstock }) => `giftstock ${giftstock}`);
  await happens('gift', 'granted a gift when point asked', ofClass('gifts', id), gift);
  const points = first(({ cashpoint }) => `cashpoint ${cashpoint}`);
  await happens('point', 'grants 1 % in points because it was paid', ofClass('points', id), points);
  const all = first((row) =>
    row.deliveryStatus && row.pointStatus && row.giftstock !== null ? states(row) : undefined,
  );
  await happens('class', 'shows it all on my page, from events alone', ofClass('inquiryMypages', id), all);
  return id;
}

async function canceled({ scene, ask, happens }: Stage, id: number): Promise<void> {
  scene('4. The student cancels. Payment, delivery, points and gift are taken back, one event after the other.');
  await ask('DELETE', `/classes/${id}`, undefined, 204);
  const payment = is('status', 'CANCEL');
  await happens('pay', 'cancels because the enrolment was cancelled', ofClass('payments', id), payment);
  const delivery = is('status', 'DELIVERY_CANCEL');
  await happens('course', 'stops the delivery because the payment was cancelled', ofClass('deliveries', id), delivery);
  const points = is('cashpoint', 0, 'cashpoint 0');
  await happens('point', 'takes the points back because the payment was cancelled', ofClass('points', id), points);
  const gift = is('giftstock', 0, 'giftstock 0');
  await happens('gift', 'takes the gift back because the points were cancelled', ofClass('gifts', id), gift);
  const all = first((row) => (row.pointStatus === 'Point Canceled' && row.giftstock === 0 ? states(row) : undefined));
  await happens('class', 'still shows the page, all cancelled', ofClass('inquiryMypages', id), all);
}
