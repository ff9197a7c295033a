/**
 * The running lecture system under kill -9: clients send commands through the gateway while processes of every kind are
 * killed at random moments and the runner starts them again. Then everything must come to rest, and the checker looks.
 */
import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  type Course,
  type Enrolment,
  judge,
  look,
  type Memory,
  type Place,
  type Sight,
  type Violation,
} from './checker.ts';
import { randomFrom, until } from './parts.ts';

type Profile = 'light' | 'full';
type Random = () => number;

/** What the runner's control port says. */
interface Status {
  readonly services: readonly { appId: string; state: string; pid: number | null; sidecarPid: number | null }[];
  readonly infrastructure: readonly { id: string; state: string; pid: number | null; port: number }[];
}

const root = join(import.meta.dirname, '../..');
const home = process.env.MADANG_HOME ?? '';
const offset = Number(process.env.MADANG_PORT_OFFSET);
const gateway = `http://127.0.0.1:${8088 + offset}`;
const CLIENTS = 6;
/** A client that gets no definite answer for so long makes the test fail. */
const PATIENCE_MS = 180_000;
const REST_MS = 120_000;

const run = (...words: string[]) => promisify(execFile)(join(root, 'run'), words, { cwd: root, maxBuffer: 1 << 26 });

async function status(): Promise<Status> {
  const answer = await fetch(`http://127.0.0.1:${8000 + offset}/api/status`, { signal: AbortSignal.timeout(10_000) });
  return (await answer.json()) as Status;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** An earlier try with the same key may have had the effect. */
  readonly unsure: boolean;
}

const tally = { accepted: 0, refused: 0, unknown: 0, tries: 0 };
const oddities: Violation[] = [];
/** What refused commands were answered, by what they are about. */
const refusals = new Map<string, string>();
let keys = 0;

/** Sends a command with an Idempotency-Key again and again until the answer is definite. */
async function command(method: string, path: string, body: object | undefined, seed: number): Promise<Answer> {
  const key = `crash-${seed}-${++keys}`;
  const end = Date.now() + PATIENCE_MS;
  for (let unsure = false; ; unsure = true) {
    tally.tries++;
    const sent = await fetch(gateway + path, {
      method,
      headers: { 'idempotency-key': key, ...(body ? { 'content-type': 'application/json' } : {}) },
      signal: AbortSignal.timeout(30_000),
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
      .then(async (answer) => ({ status: answer.status, text: await answer.text() }))
      .catch(() => undefined);
    const answer = sent && { status: sent.status, body: json(sent.text), unsure };
    if (answer && answer.status < 300) {
      tally.accepted++;
      return answer;
    }
    const definite = answer && (answer.status < 500 || (answer.status === 503 && answer.body.outcome !== 'unknown'));
    if (answer && answer.status >= 500 && answer.status !== 503)
      oddities.push({ about: key, what: `${method} ${path} was answered ${answer.status} ${sent.text.slice(0, 400)}` });
    // A definite refusal after an unknown outcome says nothing about the earlier try, unless it is about the command itself.
    if (definite && (!unsure || answer.status < 500)) {
      tally.refused++;
      const about = String(
        (body as { student?: string; teacher?: string } | undefined)?.student ??
          (body as { teacher?: string } | undefined)?.teacher ??
          path,
      );
      refusals.set(
        about,
        `${method} ${path}, key ${key}, was refused: ${answer.status} ${sent.text.slice(0, 400)}${unsure ? ', after an unknown outcome' : ''}`,
      );
      if (answer.status === 503) await sleep(300);
      return answer;
    }
    tally.unknown++;
    if (Date.now() > end) {
      oddities.push({
        about: key,
        what: `${method} ${path} got no definite answer in ${PATIENCE_MS / 1000} s, last ${sent?.status} ${sent?.text.slice(0, 300)}`,
      });
      return answer ?? { status: 0, body: {}, unsure };
    }
    await sleep(150 + 350 * Math.random());
  }
}

function json(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const idOf = ({ body }: Answer): number =>
  Number(/(\d+)$/.exec((body._links as { self: { href: string } } | undefined)?.self.href ?? '')?.[1] ?? 0);
const pick = <T>(from: readonly T[], random: Random): T | undefined => from[Math.floor(random() * from.length)];

/** One client: works on its own records, one command after the other, so it knows how each must end. */
async function client(number: number, seed: number, memory: Memory, working: () => boolean): Promise<void> {
  const random = randomFrom(seed * 1000 + number);
  const enrolments: (Enrolment & { id: number })[] = [];
  const courses: (Course & { id: number })[] = [];
  const accepted = (answer: Answer, what: string): boolean => {
    if (answer.status >= 300 && answer.status !== 503)
      oddities.push({
        about: what,
        what: `was refused: ${answer.status} ${JSON.stringify(answer.body)}, ${answer.unsure ? 'after an unknown outcome' : 'at the first try'}`,
      });
    return answer.status > 0 && answer.status < 300;
  };
  for (let n = 0; working(); n++) {
    const name = `c${number}-${n}-${seed}`;
    const dice = random();
    if (dice < 0.45 || enrolments.length === 0) {
      const wish = {
        courseId: 1 + Math.floor(random() * 9),
        fee: 100 * Math.floor(1 + random() * 450),
        student: name,
        textBook: `book-${n}`,
      };
      const answer = await command('POST', '/classes', wish, seed);
      const id = answer.status === 201 ? idOf(answer) : undefined;
      // 409: the first try under this key was undone meanwhile, which refuses the command.
      if (answer.status !== 409) accepted(answer, `enrolment of ${name}`);
      const enrolment: Enrolment = { ...wish, id, changes: [], canceled: false, paymentCanceled: false };
      memory.enrolments.push(enrolment);
      if (id !== undefined) enrolments.push({ ...enrolment, id });
      if (id !== undefined) memory.enrolments[memory.enrolments.length - 1] = enrolments.at(-1)!;
    } else if (dice < 0.68) {
      const one = pick(enrolments, random)!;
      if (dice < 0.53) {
        const change =
          random() < 0.5 ? { fee: 100 * Math.floor(1 + random() * 450) } : { courseId: 1 + Math.floor(random() * 9) };
        if (accepted(await command('PATCH', `/classes/${one.id}`, change, seed), `Class-${one.id} change`))
          one.changes.push(change);
      } else if (dice < 0.63 || one.paymentCanceled) {
        if (accepted(await command('DELETE', `/classes/${one.id}`, undefined, seed), `Class-${one.id} cancel`)) {
          one.canceled = true;
          enrolments.splice(enrolments.indexOf(one), 1);
        }
      } else if (
        accepted(await command('PATCH', `/payment/cancel/${one.id}`, undefined, seed), `Payment-of-${one.id} cancel`)
      )
        one.paymentCanceled = true;
    } else if (dice < 0.74 || courses.length === 0) {
      const wish = { name, teacher: name, fee: 10_000, textBook: 'kor_book' };
      const answer = await command('POST', '/courses', wish, seed);
      const course: Course = {
        teacher: name,
        name,
        id: accepted(answer, `course ${name}`) ? idOf(answer) : undefined,
        changes: 0,
        deleted: false,
      };
      memory.courses.push(course);
      if (course.id !== undefined) courses.push(course as Course & { id: number });
    } else if (dice < 0.9) {
      const one = pick(courses, random)!;
      if (random() < 0.6) {
        if (
          accepted(await command('PATCH', `/courses/${one.id}`, { name: `${name}!` }, seed), `Course-${one.id} change`)
        ) {
          one.name = `${name}!`;
          one.changes++;
        }
      } else if (accepted(await command('DELETE', `/courses/${one.id}`, undefined, seed), `Course-${one.id} delete`)) {
        one.deleted = true;
        courses.splice(courses.indexOf(one), 1);
      }
    } else {
      const fee = 100 * Math.floor(1 + random() * 450);
      const answer = await command('POST', '/gifts', { classId: '100000000', fee: String(fee), student: name }, seed);
      memory.gifts.push({ student: name, fee, accepted: accepted(answer, `gift ${name}`) });
    }
    await sleep(20 + 60 * random());
  }
}

/** Kills until the number is reached; answers how many of each kind. */
async function killer(kills: number, random: Random): Promise<Record<string, number>> {
  const killed: Record<string, number> = {};
  for (let done = 0; done < kills; ) {
    await sleep(500 + 900 * random());
    const { services, infrastructure } = await status();
    const targets = [
      ...services.flatMap(({ pid, appId }) => (pid ? [{ pid, kind: 'app', id: appId }] : [])),
      ...services.flatMap(({ sidecarPid, appId }) =>
        sidecarPid ? [{ pid: sidecarPid, kind: 'sidecar', id: appId }] : [],
      ),
      ...infrastructure.flatMap(({ pid, id }) => (pid ? [{ pid, kind: id, id }] : [])),
    ];
    for (let count = random() < 0.12 ? 2 : 1; count > 0 && done < kills; count--) {
      const dice = random();
      const kinds = dice < 0.4 ? ['app'] : dice < 0.74 ? ['sidecar'] : infrastructure.map(({ id }) => id);
      const target = pick(
        targets.filter(({ kind }) => kinds.includes(kind)),
        random,
      );
      if (!target) continue;
      try {
        process.kill(target.pid, 'SIGKILL');
      } catch {
        continue;
      }
      done++;
      killed[target.kind] = (killed[target.kind] ?? 0) + 1;
      if (done % 100 === 0) console.log(`  ${done} kills, ${tally.accepted} commands accepted`);
    }
  }
  return killed;
}

/** The log lines that speak of it. */
async function logLines(about: string): Promise<string[]> {
  const word = about.replace(/^.*\//, '').replace(/ .*$/, '');
  const folder = join(home, 'logs');
  const lines: string[] = [];
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.log') || file === 'debug.log' || file.startsWith('lecture-alert')) continue;
    const text = await readFile(join(folder, file), 'utf8').catch(() => '');
    for (const line of text.split('\n'))
      if (line.includes(`${word}"`) || line.includes(`${word}/`) || line.includes(`${word} `))
        lines.push(`${file}: ${line.slice(0, 300)}`);
  }
  return lines.slice(-25);
}

async function explain({ about, what }: Violation, sight: Sight | undefined): Promise<void> {
  console.log(`VIOLATION ${about}: ${what}`);
  const number = /(\d+)(?:\/\d+\.\d+)?$/.exec(about)?.[1];
  const related = (key: string): boolean =>
    key.includes(about) ||
    (number !== undefined && /Class-|-of-/.test(about) && new RegExp(`/(Class|[A-Za-z]+-of)-${number}$`).test(key));
  for (const [key, document] of sight?.documents ?? [])
    if (related(key)) console.log(`   ${key} ${JSON.stringify(document)}`);
  for (const { id, type, data } of sight?.told ?? [])
    if (related(id.replace(/\/\d+\.\d+$/, ''))) console.log(`   told ${id} ${type} ${JSON.stringify(data)}`);
  const owner =
    sight?.documents.get(`lecture-class/Class-${number}`)?.state?.student ??
    sight?.documents.get(`lecture-pay/Payment-of-${number}`)?.state?.student;
  for (const [who, answer] of refusals) if (who === owner || who === about) console.log(`   ${answer}`);
  for (const line of await logLines(about)) console.log(`   ${line}`);
}

/** Kills, waits for rest, looks. @returns number of violations */
export async function system(profile: Profile, options: { kills: number; seed: number }): Promise<number> {
  const { kills, seed } = options;
  const random = randomFrom(seed);
  const begin = Date.now();
  console.log(`system on ${profile}: ${kills} kills, seed ${seed}`);
  await run('down').catch(() => undefined);
  await rm(home, { recursive: true, force: true });
  await run('up', 'lecture', '--profile', profile, '--detach').catch((error: { stdout?: string; stderr?: string }) => {
    throw new Error(`the system did not start: ${error.stdout}${error.stderr}`);
  });
  const downAtOnce = (): void => void spawnSync(join(root, 'run'), ['down'], { cwd: root });
  process.once('exit', downAtOnce);
  const memory: Memory = { enrolments: [], courses: [], gifts: [] };
  Object.assign(tally, { accepted: 0, refused: 0, unknown: 0, tries: 0 });
  oddities.length = 0;
  refusals.clear();
  try {
    const { infrastructure } = await status();
    const portOf = (id: string): number => infrastructure.find((one) => one.id === id)?.port ?? 0;
    const place: Place = {
      profile,
      home,
      gateway,
      redisPort: portOf('redis'),
      mysqlPort: portOf('mysql'),
      kafkaPort: portOf('kafka'),
    };
    let working = true;
    const clients = Array.from({ length: CLIENTS }, (_, number) => client(number, seed, memory, () => working));
    const healthy = Date.now();
    const killed = await killer(kills, random);
    const killing = Date.now() - healthy;
    working = false;
    await Promise.all(clients);
    let sight: Sight | undefined;
    let found: Violation[] = [];
    let trouble = '';
    let told = Date.now();
    const looking = Date.now();
    await until(
      async () => {
        sight = await look(place).catch((error: Error) => {
          trouble = error.message;
          return undefined;
        });
        if (sight) found = judge(sight, memory);
        if (Date.now() - told > 20_000) {
          told = Date.now();
          console.log(`  not at rest: ${found.length} differences, for example ${JSON.stringify(found[0] ?? trouble)}`);
        }
        return sight !== undefined && found.length === 0;
      },
      REST_MS,
      2_000,
    );
    const rest = Date.now() - looking;
    if (found.length === 0 && sight) {
      // Nothing may move any more.
      await sleep(5_000);
      sight = await look(place);
      found = judge(sight, memory);
    }
    if (!sight) found.push({ about: 'system', what: `cannot be read: ${trouble}` });
    found.push(...oddities);
    for (const violation of found.slice(0, 20)) await explain(violation, sight);
    if (found.length > 20) console.log(`... and ${found.length - 20} more violations`);
    const records = [...(sight?.documents.values() ?? [])].filter((document) => typeof document?.version === 'number');
    console.log(
      [
        `crash test on ${profile}, seed ${seed}: ${found.length} violations`,
        `  kills      ${Object.entries(killed)
          .map(([kind, count]) => `${kind} ${count}`)
          .join(', ')} (one every ${Math.round(killing / kills)} ms)`,
        `  commands   accepted ${tally.accepted}, refused ${tally.refused}, answers with unknown outcome ${tally.unknown}, requests ${tally.tries}`,
        `  checked    ${memory.enrolments.length} enrolments, ${memory.courses.length} courses, ${memory.gifts.length} direct gifts; ` +
          `${records.length} documents, ${new Set(sight?.told.map(({ id }) => id)).size} events (${sight?.told.length} deliveries to the topic), ${sight?.notices.length} notices`,
        `  at rest    ${Math.round(rest / 1000)} s after the last command; whole test ${Math.round((Date.now() - begin) / 1000)} s`,
      ].join('\n'),
    );
    return found.length;
  } finally {
    process.off('exit', downAtOnce);
    await run('down').catch((error: Error) => console.log(`./run down failed: ${error.message}`));
  }
}
