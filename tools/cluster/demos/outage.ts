import { course, type Options, type Verdict } from '../demonstration.ts';
import { type Ask, through } from '../entrance.ts';
import type { Json } from '../kubectl.ts';
import { until } from '../until.ts';

const listed = (answer: Json): Json[] =>
  Array.isArray(answer) ? (answer as Json[]) : Object.values((answer._embedded ?? {}) as Record<string, Json[]>).flat();

type Answer = Awaited<ReturnType<Ask>>;

/** A service that is away catches up when it is back. */
export async function outage({ cluster }: Options): Promise<Verdict> {
  const replicas = (await cluster.field('deployment/lecture-course', '.spec.replicas')) || '1';
  const students = [
    { courseId: 1, fee: 10000, student: 'KimSoonHee', textBook: 'eng_book' },
    { courseId: 1, fee: 12000, student: 'JohnDoe', textBook: 'kor_book' },
  ];
  await cluster.stop('lecture-course');
  try {
    return await through(cluster, 'lecture-gateway', async (ask) => {
      const refused = await ask('GET', '/courses');
      const enrolled = await Promise.all(students.map((student) => ask('POST', '/classes', student)));
      const page = async (id: unknown): Promise<unknown> =>
        listed((await ask('GET', `/inquiryMypages/search/findByClassId?classId=${id}`)).answer)[0]?.deliveryStatus;
      const ids = enrolled.map(({ answer }) => answer.id);
      await until('my page shows both', 30_000, async () =>
        (await Promise.all(ids.map(page))).every((status) => status !== undefined) ? true : undefined,
      );
      const meanwhile = await Promise.all(ids.map(page));
      const began = Date.now();
      await cluster.kubectl('scale', 'deployment/lecture-course', `--replicas=${replicas}`);
      const caughtUpMs = await until('deliveries are started', 150_000, async () =>
        (await Promise.all(ids.map(page))).every((status) => status === 'DELIVERY_START')
          ? Date.now() - began
          : undefined,
      );
      return verdictOf({ refused, enrolled, meanwhile, caughtUpMs });
    });
  } finally {
    await cluster.kubectl('scale', 'deployment/lecture-course', `--replicas=${replicas}`);
    await cluster.rolledOut('lecture-course');
  }
}

/** What clients saw of the outage. */
interface Seen {
  readonly refused: Answer;
  readonly enrolled: readonly Answer[];
  /** The status of the deliveries while course was away. */
  readonly meanwhile: readonly unknown[];
  readonly caughtUpMs: number;
}

function verdictOf({ refused, enrolled, meanwhile, caughtUpMs }: Seen): Verdict {
  return {
    good:
      enrolled.every(({ status }) => status === 201) &&
      meanwhile.every((status) => status === null) &&
      refused.status === 503,
    figures: [
      ['course at 0 pods: GET /courses', `${refused.status} after ${refused.ms} ms`, 'not shown'],
      ['two enrolments meanwhile', enrolled.map(({ status, ms }) => `${status} after ${ms} ms`).join(', '), '201, 201'],
      ['deliveryStatus meanwhile', meanwhile.map(String).join(', '), 'null, null'],
      [
        'deliveryStatus after it is back',
        `DELIVERY_START for both, ${Math.round(caughtUpMs / 1000)} s after the scale-up`,
        'DELIVERY_START',
      ],
    ],
  };
}

/** What alert has written outlives its pod. */
export async function volume({ cluster }: Options): Promise<Verdict> {
  const log = async (): Promise<string[]> =>
    (
      await cluster.kubectl(
        ...['exec', await cluster.pod('lecture-alert'), '-c', 'alert', '--', 'python3', '-c'],
        "print(open('/tmp/logs/debug.log', encoding='utf-8').read())",
      )
    ).split('\n');
  const noticeOf = async (id: unknown): Promise<string[]> =>
    until(`the notice of ${id}`, 60_000, async () => {
      const lines = await log().catch(() => [] as string[]);
      return lines.some((line) => line.includes(`"id":${id}`) && line.includes('CourseRegistered')) ? lines : undefined;
    });
  return through(cluster, 'lecture-gateway', async (ask) => {
    const first = await ask('POST', '/courses', course);
    const before = await noticeOf(first.answer.id);
    const pod = await cluster.pod('lecture-alert');
    await cluster.kubectl('delete', 'pod', pod, '--wait=false');
    const second = await ask('POST', '/courses', course);
    await cluster.kubectl('wait', '--for=delete', `pod/${pod}`, '--timeout=120s');
    await cluster.rolledOut('lecture-alert');
    const after = await noticeOf(second.answer.id);
    const kept = before.every((line, at) => after[at] === line);
    return {
      good: kept && after.length > before.length && (await cluster.pod('lecture-alert')) !== pod,
      figures: [
        ['notices before the pod was deleted', String(before.length), '-'],
        ['of these in the new pod', kept ? 'all, in their order' : 'NOT all', '-'],
        ['and what happened meanwhile', `${after.length - before.length} more`, '-'],
      ],
    };
  });
}
