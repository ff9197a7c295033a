import { trace, withTrace } from '../telemetry/telemetry.ts';
import { CallGroups } from './call-groups.ts';

const traceparent = (n: number): string => `00-${String(n).padStart(32, '1')}-00f067aa0ba902b7-01`;

/** What was asked, in the trace it was asked in; a callee that answers so. */
function given(answer: (path: string, message: unknown) => unknown) {
  const asked: { path: string; message: unknown; trace: string }[] = [];
  let now = 0;
  const groups = new CallGroups(
    async (_, path, message) => {
      asked.push({ path, message, trace: trace().traceparent });
      return answer(path, message);
    },
    { monotonic: () => now },
  );
  const ask = (n: number): Promise<unknown> =>
    withTrace({ traceparent: traceparent(n), causationId: `event-${n}` }, () => groups.ask('gift', 'gifts', { n }));
  const later = (ms: number): void => {
    now += ms;
  };
  return { asked, ask, later, paths: () => asked.splice(0).map(({ path }) => path) };
}

const fail = (): never => {
  throw new Error('down');
};

test('given three questions at the same moment, when they are asked, then one request has them, each in its trace', async () => {
  const { asked, ask } = given(() => ({ answers: [1, 2, 3].map((n) => ({ answer: { n } })) }));
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  const of = (n: number) => ({ traceparent: traceparent(n), causationId: `event-${n}`, message: { n } });
  expect(asked).toEqual([{ path: 'gifts/group', message: { asked: [of(1), of(2), of(3)] }, trace: traceparent(1) }]);
});

test('given one question alone, when it is asked, then it is asked as ever', async () => {
  const { asked, ask } = given(() => ({ n: 1 }));
  expect(await ask(1)).toEqual({ n: 1 });
  expect(asked).toEqual([{ path: 'gifts', message: { n: 1 }, trace: traceparent(1) }]);
});

test('given one of a group fails, when the others are answered, then it alone is asked again, in its trace', async () => {
  const { asked, ask } = given((path) =>
    path === 'gifts' ? fail() : { answers: [{ answer: 'one' }, null, { answer: undefined }] },
  );
  const all = await Promise.allSettled([ask(1), ask(2), ask(3)]);
  expect(all).toMatchObject([{ value: 'one' }, { reason: { message: 'down' } }, { value: undefined }]);
  expect(asked.slice(1)).toEqual([{ path: 'gifts', message: { n: 2 }, trace: traceparent(2) }]);
});

test.each([
  ['fails', fail],
  ['is of a version that answers something else', () => ({ granted: true })],
  ['leaves one out', () => ({ answers: [{ answer: 1 }] })],
])('given a group that %s, when it was asked, then each is asked by itself, for ten seconds', async (_, group) => {
  const { ask, later, paths } = given((path) => (path === 'gifts' ? 'alone' : group()));
  const both = () => Promise.all([ask(1), ask(2)]);
  expect(await both()).toEqual(['alone', 'alone']);
  expect(paths()).toEqual(['gifts/group', 'gifts', 'gifts']);
  later(9_999);
  await both();
  expect(paths()).toEqual(['gifts', 'gifts']);
  later(1);
  await both();
  expect(paths()).toEqual(['gifts/group', 'gifts', 'gifts']);
});

test('given more questions than one request takes, when they are asked, then there are two of them', async () => {
  const { ask, asked } = given((_, message) => ({
    answers: (message as { asked: { message: unknown }[] }).asked.map((each) => ({ answer: each.message })),
  }));
  const all = Array.from({ length: 40 }, (_, n) => n);
  expect(await Promise.all(all.map(ask))).toEqual(all.map((n) => ({ n })));
  expect(asked).toHaveLength(2);
});
