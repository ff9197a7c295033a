import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { log } from '../../services/kit/index.ts';
import { subjects } from '../crash/subjects/index.ts';
import { bundle } from './bundle.ts';
import { simulate } from './run.ts';
import { systemOf } from './systems.ts';

/** Under it services of lecture put off events, whose keys show whatever an event carries. */
const SEED = 1;
const SYSTEMS = Object.keys(subjects);

/** What a process of its own notes under the seed, by system. */
async function tracesElsewhere(): Promise<Map<string, string[]>> {
  const file = await bundle('determined');
  const args = [file, '--seed', String(SEED), '--trace'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }).finally(() =>
    rm(file, { force: true }),
  );
  const traces = new Map<string, string[]>();
  let trace: string[] = [];
  for (const line of stdout.split('\n')) {
    const name = /^simulation of (\w+):/.exec(line)?.[1];
    if (name) traces.set(name, trace);
    if (name) trace = [];
    // Services log, too, and by the clock of the machine.
    if (/^\d+\.\d{3} /.test(line)) trace.push(line);
  }
  return traces;
}

let elsewhere: Map<string, string[]>;
beforeAll(async () => {
  log.silent = true;
  elsewhere = await tracesElsewhere();
}, 60_000);
afterAll(() => {
  log.silent = false;
});

// The other process plays the systems in another order, so what one run leaves behind for the next would show, too.
test.each(SYSTEMS.toReversed())(
  'given a seed of %s, when two processes run it, then both do the same, and leave the same to the byte',
  async (name) => {
    const { trace } = await simulate(systemOf(name), SEED);
    expect(trace.at(-1)).toContain('what is left');
    expect(elsewhere.get(name)).toEqual(trace);
  },
);

test('given the seed of lecture, when it is run, then services put events off', () => {
  expect(elsewhere.get('lecture')?.some((line) => line.includes('Deferred-of-'))).toBe(true);
});
