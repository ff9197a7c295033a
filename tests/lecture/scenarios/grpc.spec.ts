import { join } from 'node:path';
import { pythonWith } from '../../../tools/run/provision/python.ts';
import { run as execute } from '../../../tools/run/provision/ways.ts';
import { type Fields, someone } from '../../harness/client.ts';
import { processOf } from '../../harness/system.ts';
import { ENROLLED, get } from '../client.ts';

/** A stock client in another language, which knows nothing but what the server tells of itself (reflection). */

let story: Record<string, unknown>;
let student: string;

beforeAll(async () => {
  const { command, env } = await pythonWith(join(import.meta.dirname, '../grpc-requirements.txt'));
  const { grpcPort } = await processOf('lecture-gateway');
  student = someone('그래픽');
  const file = join(import.meta.dirname, 'grpc_story.py');
  const { code, output } = await execute([...command, file, `127.0.0.1:${grpcPort}`, student], {
    limitMs: 120_000,
    env: { ...env, PYTHONIOENCODING: 'utf-8', PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (code !== 0) throw new Error(`the client ended with ${code}: ${output}`);
  const lines = output.split('\n').map((line) => JSON.parse(line) as { step: string; seen: unknown });
  story = Object.fromEntries(lines.map(({ step, seen }) => [step, seen]));
}, 240_000);

test('given reflection alone, when Python asks for services and health, then it finds all, and they serve', () => {
  const services = ['Class', 'Course', 'Gift', 'Pay', 'Point'].map((name) => `madang.lecture.v1.${name}Service`);
  expect(story.services).toEqual(expect.arrayContaining([...services, 'grpc.health.v1.Health']));
  expect(story.health).toEqual({ status: 'SERVING' });
});

test('given gRPC from Python, when a student enrols twice with one key, then there is one enrolment, and it is paid', async () => {
  const made = story.enrolled as Fields;
  expect(made).toEqual({ id: expect.any(String), courseId: '1', fee: '10000', student, textBook: '국어' });
  expect(story['enrolled again with the same key']).toEqual(made);
  expect(story.read).toEqual(made);
  const { status, paymentStatus, deliveryStatus } = ENROLLED.myPage;
  expect(story['my page']).toMatchObject({ classId: made.id, status, paymentStatus, deliveryStatus });
});

test('given that enrolment, when Python cancels it, then nobody finds it any more, by gRPC nor by HTTP', async () => {
  expect(story.cancelled).toEqual({});
  expect(story['read after that']).toMatchObject({ code: 'NOT_FOUND', problem: { status: 404 } });
  expect((await get(`/classes/${(story.enrolled as Fields).id}`)).status).toBe(404);
});

test('given what is no enrolment, when Python sends it, then INVALID_ARGUMENT names the fields as over HTTP', () => {
  expect(story['without a student']).toMatchObject({
    code: 'INVALID_ARGUMENT',
    detail: expect.stringContaining('student'),
    problem: { status: 400, errors: expect.arrayContaining([expect.objectContaining({ field: 'student' })]) },
  });
});
