import { cancelRegistration, completeRegistration, type Registration, register } from './domain.ts';

const fields = { id: 5, lectureId: 1, studentId: 12334 };
const made = register(5, { lectureId: 1, studentId: 12334 });

test('given a request, when a student registers, then it is 수강신청중 and published with all its fields', () => {
  const state = { ...fields, status: '수강신청중' };
  expect(made).toEqual({ state, events: [{ type: 'CourseRegistered', data: state }] });
});

test('given a request with unknown fields, when a student registers, then they are left out', () => {
  const request = { lectureId: 1, studentId: 12334, status: '결제 완료', colour: 'red' };
  expect(register(5, request).state).toEqual(made.state);
});

test('given a registration, when its payment is made, then it is 결제 완료, and published so once', () => {
  const completed = completeRegistration(made.state!);
  const state = { ...fields, status: '결제 완료' };
  expect(completed).toEqual({ state, events: [{ type: 'CourseRegistrationCompleted', data: state }] });
  expect(completeRegistration(completed?.state as Registration)).toBeUndefined();
});

test('given a registration in either state, when it is cancelled, then it is gone, and published as 취소 완료', () => {
  const data = { ...fields, status: '취소 완료' };
  for (const state of [made.state!, completeRegistration(made.state!)?.state as Registration])
    expect(cancelRegistration(state)).toEqual({ state: null, events: [{ type: 'CourseCanceled', data }] });
});
