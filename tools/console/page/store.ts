import { computed, signal } from '@preact/signals';
import type { Status } from '../../run/supervisor/status.ts';
import type { Entry, Of } from '../model/entry.ts';
import { Rates } from '../model/rates.ts';
import type { Models } from '../model/system.ts';
import type { Letter } from '../server/trouble.ts';
import { filter } from './route.ts';

/** Everything the screens show. It is asked for twice a second in short requests, so no number of tabs holds connections. */

interface Changes {
  readonly boot: string;
  readonly seq: number;
  readonly hasMore: boolean;
  readonly leftOut: number;
  readonly status: Status | null;
  readonly letters: readonly Letter[];
  readonly playing: readonly string[];
  readonly errors: Readonly<Record<string, number>>;
  readonly entries: readonly Entry[];
}

/** What is kept of commands, of the entries of one, and of those of all. */
const COMMANDS = 400;
const ENTRIES = 8_000;
const ALL_ENTRIES = 60_000;
/** How long what belongs to a command may come after it: of what is left out, some may be its. */
const BELONGS_MS = 10_000;
const EVERY_MS = 500;
const HIDDEN_MS = 3_000;

/** Whether this console shows what happens and can change nothing, as in a cluster. */
export const isReadOnly = document.getElementById('console')?.hasAttribute('data-read-only') ?? false;

export const models = signal<Models>({});
export const status = signal<Status | null>(null);
export const letters = signal<readonly Letter[]>([]);
export const playing = signal<readonly string[]>([]);
export const errors = signal<Readonly<Record<string, number>>>({});
/** `lost`: the console's server does not answer. */
export const connection = signal<'first' | 'well' | 'lost'>('first');
export const paused = signal(false);
/** Changes with each look, so that times go on. */
export const now = signal(Date.now());
export const leftOut = signal(0);
/** Values in force, by system. */
export const settings = signal<Readonly<Record<string, Readonly<Record<string, string>>>>>({});
/** What services said of changes of their configuration, the newest first. */
export const confirmations = signal<readonly Of<'configuration'>[]>([]);

export interface Trace {
  readonly id: string;
  readonly system: string;
  /** By their numbers: what is asked for beside the stream comes twice. */
  readonly entries: Map<number, Entry>;
  began: number;
  leftOut: number;
  /** Some of what was left out may have been of it. */
  isPartial: boolean;
}
/** By trace id, in the order in which they came. */
export const traces = new Map<string, Trace>();
export const rates = new Rates(() => models.value);

export const chosen = computed(() => filter('system'));
export const isChosen = (system: string): boolean => !chosen.value || chosen.value === system;

let seq = 0;
let boot = '';
let kept = 0;
const begun = Promise.withResolvers<void>();

/** Asks the console's server. @throws Error with what it said */
export async function ask<T>(path: string, body?: unknown): Promise<T> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(path, body === undefined ? {} : post).catch(() => {
    throw new Error('The console does not answer.');
  });
  const said = (await answer.json()) as T & { error?: string };
  if (!answer.ok) throw new Error(said.error ?? `It answered ${answer.status}.`);
  return said;
}

/** Keeps an entry with those of its trace. */
export function keep(entry: Entry): void {
  if (!('trace' in entry) || !entry.trace) return;
  const known = traces.get(entry.trace);
  const trace = known ?? {
    id: entry.trace,
    system: entry.system,
    entries: new Map(),
    began: entry.at,
    leftOut: 0,
    isPartial: false,
  };
  if (!known) traces.set(entry.trace, trace);
  if (!trace.entries.has(entry.seq)) {
    if (trace.entries.size < ENTRIES) {
      trace.entries.set(entry.seq, entry);
      kept++;
    } else trace.leftOut++;
  }
  trace.began = Math.min(trace.began, entry.at - ('ms' in entry ? entry.ms : 0));
  for (const [id, { entries }] of traces) {
    if ((traces.size <= COMMANDS && kept <= ALL_ENTRIES) || id === entry.trace) break;
    traces.delete(id);
    kept -= entries.size;
  }
}

/**
 * All of a command that the console still has: what its page has not seen itself, too. The stream is begun before: what
 * comes after the answer is in the stream.
 */
export async function readTrace(id: string): Promise<void> {
  await begun.promise;
  for (const entry of await ask<Entry[]>(`/api/trace?id=${id}`)) keep(entry);
  const trace = traces.get(id);
  if (trace) trace.isPartial = trace.leftOut > 0;
}

/** What was left out may be of any command that is not long over. */
function leaveOut(count: number): void {
  if (count === 0) return;
  leftOut.value += count;
  for (const trace of traces.values()) trace.isPartial ||= Date.now() - trace.began < BELONGS_MS;
}

function take(entry: Entry): void {
  rates.take(entry);
  if (entry.kind === 'leftOut') leaveOut(entry.leftOut);
  if (entry.kind === 'configuration') {
    confirmations.value = [entry, ...confirmations.value].slice(0, 50);
    if (!isReadOnly) void readSettings(entry.system);
  }
  keep(entry);
}

/** @returns whether there is more already */
async function look(): Promise<boolean> {
  const changes = await ask<Changes>(`/api/changes?since=${seq}&boot=${boot}`);
  if (boot !== '' && changes.boot !== boot) {
    traces.clear();
    kept = 0;
  }
  for (const entry of changes.entries) take(entry);
  // Before this page was opened nothing was left out of what it shows.
  if (boot !== '') leaveOut(changes.leftOut);
  ({ boot, seq } = changes);
  status.value = changes.status;
  letters.value = changes.letters;
  playing.value = changes.playing;
  errors.value = changes.errors;
  connection.value = 'well';
  begun.resolve();
  if (isReadOnly) return changes.hasMore;
  for (const system of changes.status?.systems ?? []) if (!settings.value[system]) void readSettings(system);
  return changes.hasMore;
}

/** Reads the configuration that is in force. */
async function readSettings(system: string): Promise<void> {
  const values = await ask<Record<string, string>>('/api/configuration', { system, changes: {} }).catch(
    () => undefined,
  );
  if (values) settings.value = { ...settings.value, [system]: values };
}

/** Keys that do not have their default: exercises that go on. */
export const exercises = computed(() =>
  Object.entries(settings.value).flatMap(([system, values]) =>
    (models.value[system]?.configuration ?? [])
      .filter(({ key, value }) => values[key] !== undefined && values[key] !== value)
      .map(({ key }) => ({ system, key, value: values[key] ?? '' })),
  ),
);

/** Looks again and again; the first time it learns the systems. */
export async function begin(): Promise<void> {
  for (;;) {
    try {
      if (Object.keys(models.value).length === 0) models.value = await ask<Models>('/api/model');
      while (await look());
    } catch {
      connection.value = 'lost';
    }
    now.value = Date.now();
    await new Promise((resolve) => setTimeout(resolve, document.hidden ? HIDDEN_MS : EVERY_MS));
  }
}
