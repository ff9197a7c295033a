import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from '../../run/paths.ts';
import { type Options, order, type Verdict } from '../demonstration.ts';
import { type Ask, through } from '../entrance.ts';
import { type Cluster, type Json, print } from '../kubectl.ts';
import type { LoadResult } from '../load.ts';
import { underLoad } from '../pods.ts';
import { quiet } from '../quiet.ts';

const DOCUMENT = join(root, 'docs/operations/backup.md');
/** A load that comes back with the services: longer than a restore takes, shorter than a pod's log is followed. */
const RESTORE_SECONDS = 270;
const LISTS = ['classes', 'payments', 'deliveries', 'points', 'gifts', 'inquiryMypages'] as const;
export type Records = Record<(typeof LISTS)[number], Json[]>;

/** The commands of a section of a document, as they are written there. */
export function commandsOf(document: string, section: string): string[] {
  const [, rest = ''] = document.split(`\n## ${section}\n`);
  const [text = ''] = rest.split('\n## ');
  return [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', lines = '']) =>
    lines.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** Types commands into a shell. */
async function typed(cluster: Cluster, commands: readonly string[], backup: string): Promise<void> {
  for (const lines of commands) {
    const script = lines.replaceAll('-n madang', `-n ${cluster.namespace}`);
    print(`    ${script.trim().split('\n').join('\n    ')}`);
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: root,
      env: { ...process.env, BACKUP: backup },
      timeout: 600_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    print(stdout.trim());
  }
}

/** All records of a list, the oldest first, without their links. */
async function listOf(ask: Ask, path: string): Promise<Json[]> {
  const found: Json[] = [];
  for (let next: string | undefined = `/${path}?sort=id&size=100`; next; ) {
    const { status, answer } = await ask('GET', next);
    if (status !== 200) throw new Error(`GET ${next}: ${status}`);
    const [rows = []] = Object.values((answer._embedded ?? {}) as Record<string, Json[]>);
    found.push(...rows.map(({ _links, ...record }) => record));
    const link: string | undefined = (answer._links as { next?: { href: string } }).next?.href;
    next = link && new URL(link).pathname + new URL(link).search;
  }
  return found;
}

const recordsOf = (cluster: Cluster): Promise<Records> =>
  through(cluster, 'lecture-gateway', async (ask) => {
    const lists: [string, Json[]][] = [];
    for (const path of LISTS) lists.push([path, await listOf(ask, path)]);
    return Object.fromEntries(lists) as Records;
  });

/** The notices that alert has written, one a line. */
const noticesOf = async (cluster: Cluster): Promise<string[]> => {
  const words = ['-c', 'alert', '--', 'python3', '-c', "print(open('/tmp/logs/debug.log').read())"];
  return (await cluster.kubectl('exec', 'deployment/lecture-alert', ...words)).split('\n').filter(Boolean);
};

/** What was there and is gone, or is another one now. */
const missing = (before: readonly unknown[], after: readonly unknown[]): number => {
  const now = new Set(after.map((one) => JSON.stringify(one)));
  return before.filter((one) => !now.has(JSON.stringify(one))).length;
};

/**
 * Of the enrolments that are new: each that stands has one record of each kind, and a record belongs to one that stands,
 * or that was undone with its payment.
 */
export function disagreements(records: Records, isNew: (classId: number) => boolean): string[] {
  const idsOf = (path: keyof Records, field = 'classId'): number[] =>
    records[path].map((record) => Number(record[field])).filter(isNew);
  const standing = new Set(idsOf('classes', 'id'));
  const undone = new Set(
    records.payments.filter(({ status }) => status === 'CANCEL').map(({ classId }) => Number(classId)),
  );
  return LISTS.slice(1).flatMap((path) => {
    const ids = idsOf(path);
    const known = new Set(ids);
    return [
      ...[...standing].filter((id) => !known.has(id)).map((id) => `enrolment ${id} has nothing in ${path}`),
      ...ids
        .filter((id, at) => ids.indexOf(id) === at && !standing.has(id) && !undone.has(id))
        .map((id) => `${path} has something of enrolment ${id}, which is not there`),
      ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `${path} has two of enrolment ${id}`),
    ];
  });
}

interface Seen {
  readonly records: Records;
  readonly notices: string[];
}
const seen = async (cluster: Cluster): Promise<Seen> => ({
  records: await recordsOf(cluster),
  notices: await noticesOf(cluster),
});

/** Students by the time at which they enrol: before the backup, after it, and since the restore. */
type Loads = Readonly<Record<'early' | 'lost' | 'late', LoadResult>>;

/** @param round ends the students' names, so that an earlier round's are not counted */
function judged(saved: Seen, now: Seen, loads: Loads, round: string): Verdict {
  const idsOf = (path: keyof Records): number[] =>
    saved.records[path].map((record) => Number(record[path === 'classes' ? 'id' : 'classId']));
  const last = Math.max(0, ...LISTS.flatMap(idsOf));
  const wrong = disagreements(now.records, (id) => id > last);
  for (const one of wrong.slice(0, 20)) print(`    ${one}`);
  const gone = LISTS.map((path) => missing(saved.records[path], now.records[path])).reduce((a, b) => a + b, 0);
  const silent = missing(saved.notices, now.notices);
  const enrolledBy = (name: keyof Loads, lists: readonly (keyof Records)[]): number =>
    lists.flatMap((path) => now.records[path]).filter(({ student }) => student === name + round).length;
  const [back, made] = [enrolledBy('lost', LISTS), enrolledBy('late', ['classes'])];
  const accepted = ({ answers }: LoadResult): number => answers['201']?.count ?? 0;
  const [early, lost, late] = [accepted(loads.early), accepted(loads.lost), accepted(loads.late)];
  return {
    good: gone + silent + back + wrong.length === 0 && early > 0 && lost > 0 && late > 0 && made >= late,
    figures: [
      ['enrolments in the backup', `${saved.records.classes.length}, ${early} of them of the seconds before it`, '-'],
      ['records of the backup that are gone or changed', String(gone), '0'],
      ['notices of the backup that are gone', `${silent} of ${saved.notices.length}`, '0'],
      ['accepted after the backup, and what is left of it', `${lost}, ${back} records`, '0 records'],
      ['accepted since the restore, and made', `${late}, ${made}`, 'none missing'],
      ['disagreements of the services about these', String(wrong.length), '0'],
    ],
  };
}

/** A backup is made under load, more is done while one service is away, and it is restored under load, all by the commands of backup.md. */
export async function restore({ cluster, users, seconds }: Options): Promise<Verdict> {
  const backup = await mkdtemp(join(tmpdir(), 'madang-backup-'));
  const document = await readFile(DOCUMENT, 'utf8');
  const round = ` ${Date.now()}`;
  const enrolling = (name: keyof Loads, forSeconds: number): Promise<LoadResult> => {
    const body = { ...order, student: name + round };
    const load = { path: '/classes', body, users: Math.min(users, 5), seconds: forSeconds };
    const result = underLoad(cluster, `demo-load-${name}`, load);
    result.catch(() => undefined);
    return result;
  };
  try {
    const early = enrolling('early', 30);
    await sleep(15_000);
    await typed(cluster, commandsOf(document, 'Back up'), backup);
    const before = await early;
    const saved = await seen(cluster);
    // The broker holds events of what will be lost, since course is away.
    await cluster.stop('lecture-course');
    const lost = enrolling('lost', 60);
    await sleep(20_000);
    const [stop = '', ...others] = commandsOf(document, 'Restore');
    await typed(cluster, [stop], backup);
    const began = Date.now();
    const late = enrolling('late', Math.max(seconds, RESTORE_SECONDS));
    await typed(cluster, others, backup);
    const took = Math.round((Date.now() - began) / 1000);
    const loads = { early: before, lost: await lost, late: await late };
    await quiet(cluster, 'lecture');
    const { good, figures } = judged(saved, await seen(cluster), loads, round);
    return { good, figures: [...figures, ['all services ready after', `${took} s`, '-']] };
  } finally {
    await rm(backup, { recursive: true });
  }
}
