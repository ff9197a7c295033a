import type { Entry, Of } from './entry.ts';
import type { SystemModel } from './system.ts';

/** What may stand in a command's tree, in the words and colours of event storming. */
export type Sticker = 'command' | 'call' | 'event' | 'policy' | 'view' | 'waiting';

export interface Node {
  readonly key: string;
  readonly sticker: Sticker;
  readonly service: string;
  readonly title: string;
  /** What became of it, where that is not plain success. */
  readonly outcome: string | undefined;
  readonly bad: boolean;
  /** Milliseconds: when it was done, and for how long it took. */
  readonly at: number;
  readonly ms: number | undefined;
  /** How often it was tried. */
  readonly times: number;
  readonly detail: unknown;
  readonly children: readonly Node[];
}

export interface Tree {
  readonly trace: string;
  readonly system: string;
  readonly roots: readonly Node[];
  /** What a person calls it: the first command, or the first event. */
  readonly title: string;
  readonly began: number;
  readonly ended: number;
  readonly state: 'running' | 'waits' | 'finished' | 'refused' | 'dead' | 'partial';
  /** `finished after 84 ms`, `waits for course`. */
  readonly words: string;
}

/** How long a reaction may take before it is said that the tree waits for it. */
const PATIENCE_MS = 700;

interface EventInTree {
  readonly event: Of<'published'>['event'];
  readonly service: string;
  readonly at: number;
  readonly data: unknown;
  readonly acted: Of<'acted'>[];
}

/**
 * The tree of one trace.
 * @param model of its system, where it is known
 * @param now for what is awaited; undefined: entries are missing, so nobody can say what is awaited
 */
export function treeOf(
  trace: string,
  entries: readonly Entry[],
  model: SystemModel | undefined,
  now: number | undefined,
): Tree {
  const sorted = [...entries].sort((a, b) => startOf(a) - startOf(b));
  const commands = sorted.filter((one) => one.kind === 'command');
  const calls = sorted.filter((one) => one.kind === 'call');
  const events = eventsIn(sorted, model);
  const built = new Set<string>();
  const causedBy = (cause: string): Node[] => {
    const own = [
      ...calls.filter((one) => one.cause === cause && one.outcome !== 'done').map(callNode),
      ...commands.filter((one) => one.cause === cause).map((one) => commandNode(one, [])),
      ...[...events.values()].filter(({ event }) => event.cause === cause && !built.has(event.id)).map(eventNode),
    ];
    return own.sort((a, b) => a.at - b.at);
  };
  const eventNode = (published: EventInTree): Node => {
    built.add(published.event.id);
    const children = [...reactionsOf(published), ...awaited(published, model, now), ...causedBy(published.event.id)];
    const { event, service, at, data } = published;
    const title = event.type;
    const detail = { id: event.id, subject: event.subject, time: event.time, causationid: event.cause, data };
    return { ...NOTHING, key: event.id, sticker: 'event', service, title, at, detail, children };
  };
  const roots: Node[] = commands
    .filter(({ cause }) => cause === undefined)
    .map((one) => commandNode(one, causedBy(one.id)));
  // What has no known cause (its command is under way, or came before all that is kept) stands by itself.
  for (const known of events.values())
    if (!built.has(known.event.id) && !events.has(known.event.cause ?? '')) roots.push(eventNode(known));
  // Somebody may publish events that cause each other.
  for (const known of events.values()) if (!built.has(known.event.id)) roots.push(eventNode(known));
  const [first] = roots;
  const began = Math.min(...sorted.map(startOf));
  return {
    trace,
    system: sorted[0]?.system ?? '',
    roots,
    title: first?.title ?? 'nothing is known of it any more',
    began,
    ended: Math.max(...sorted.map(({ at }) => at)),
    ...stateOf(roots, began, knownOf(sorted, now)),
  };
}

const NOTHING = { outcome: undefined, bad: false, ms: undefined, times: 1, detail: undefined, children: [] } as const;

const startOf = (entry: Entry): number => entry.at - ('ms' in entry ? entry.ms : 0);

function eventsIn(entries: readonly Entry[], model: SystemModel | undefined): Map<string, EventInTree> {
  const events = new Map<string, EventInTree>();
  for (const entry of entries) {
    if (entry.kind !== 'published' && entry.kind !== 'acted') continue;
    const { event, at } = entry;
    const known = events.get(event.id);
    const isPublished = entry.kind === 'published';
    const acted = [...(known?.acted ?? []), ...(isPublished ? [] : [entry])];
    const publisher = isPublished
      ? entry.service
      : (known?.service ?? model?.events.find(({ type }) => type === event.type)?.by ?? '?');
    const data = isPublished ? entry.data : known?.data;
    events.set(event.id, {
      // The notice of alert does not say the cause.
      event: event.cause === undefined && known ? known.event : event,
      service: publisher,
      at: Math.min(at, known?.at ?? at),
      data,
      acted,
    });
  }
  return events;
}

const callNode = ({ seq, service, callee, path, outcome, at, ms }: Of<'call'>): Node => {
  const title = `asks ${callee.slice(callee.indexOf('-') + 1)}: ${path}`;
  const said = { open: 'breaker open', timeout: 'too slow', down: 'down', nonsense: 'nonsense', done: '' }[outcome];
  return { ...NOTHING, key: `call-${seq}`, sticker: 'call', service, title, outcome: said, bad: true, at: at - ms, ms };
};

const commandNode = (command: Of<'command'>, children: readonly Node[]): Node => {
  const { seq, service, method, path, status, at, ms, why, id } = command;
  const ok = status >= 200 && status < 300;
  return {
    ...NOTHING,
    key: `command-${seq}`,
    sticker: command.cause === undefined ? 'command' : 'call',
    service,
    title: `${method} ${path}`,
    outcome: ok ? undefined : status === 0 ? 'client gone' : `${status}`,
    bad: !ok,
    at: at - ms,
    ms,
    detail: { status, requestId: id, ...(why ? { why } : {}) },
    children,
  };
};

const WORDS = {
  done: undefined,
  refused: 'refused by a rule',
  waits: 'tried again later',
  again: 'comes again',
  dead: 'dead letter',
};

/** One node for each thing that acted, with its last outcome. */
function reactionsOf({ acted, event }: EventInTree): Node[] {
  const last = new Map<string, { entry: Of<'acted'>; times: number }>();
  for (const entry of acted) {
    const key = `${entry.service} ${entry.as} ${entry.record} ${entry.key}`;
    last.set(key, { entry, times: (last.get(key)?.times ?? 0) + 1 });
  }
  return [...last].map(([key, { entry, times }]) => ({
    ...NOTHING,
    key: `${event.id} ${key}`,
    sticker: entry.as,
    service: entry.service,
    title: entry.record ? `${entry.record} ${entry.key ?? ''}`.trim() : 'acts on it',
    outcome: WORDS[entry.outcome],
    bad: entry.outcome !== 'done' && entry.outcome !== 'refused',
    at: entry.at,
    ms: event.time === undefined ? undefined : Math.max(0, entry.at - Date.parse(event.time)),
    times,
    detail: entry.why ? { why: entry.why } : undefined,
  }));
}

/** Services that act on such an event, and have not yet. */
function awaited({ event, acted, at }: EventInTree, model: SystemModel | undefined, now: number | undefined): Node[] {
  if (now === undefined || now - at < PATIENCE_MS) return [];
  const to = model?.events.find(({ type }) => type === event.type)?.to ?? [];
  return to
    .filter((service) => !acted.some((one) => one.service === service))
    .map((service) => ({
      ...NOTHING,
      key: `${event.id} waits ${service}`,
      sticker: 'waiting',
      service,
      title: 'has not acted yet',
      at: now,
    }));
}

/** What is known of a trace: not all of it, something that goes on, all that a command or something else caused. */
type Known = 'partial' | 'going on' | 'without command' | 'answered';

function knownOf(entries: readonly Entry[], now: number | undefined): Known {
  if (now === undefined) return 'partial';
  // Between what a policy did and what is told of it nothing shows that more will come.
  if (now - Math.max(...entries.map(({ at }) => at)) < PATIENCE_MS) return 'going on';
  return entries.some(({ kind }) => kind === 'command') ? 'answered' : 'without command';
}

function stateOf(roots: readonly Node[], began: number, known: Known): Pick<Tree, 'state' | 'words'> {
  const all = roots.flatMap(flat);
  if (all.some(({ outcome }) => outcome === WORDS.dead)) return { state: 'dead', words: 'needs a person: dead letter' };
  if (known === 'partial') return { state: 'partial', words: 'not all of it is known' };
  const waits = new Set(
    all.flatMap(({ sticker, outcome, service }) =>
      sticker === 'waiting' || outcome === WORDS.waits || outcome === WORDS.again ? [service] : [],
    ),
  );
  if (waits.size > 0) return { state: 'waits', words: `waits for ${[...waits].join(', ')}` };
  const [first] = roots;
  if (first?.sticker === 'command' && first.bad) return { state: 'refused', words: `refused: ${first.outcome}` };
  const isUnanswered =
    known === 'without command' && !all.some(({ sticker }) => sticker === 'policy' || sticker === 'view');
  if (known === 'going on' || isUnanswered) return { state: 'running', words: 'under way' };
  const last = Math.max(
    ...all.map(({ at, sticker, ms }) => (sticker === 'command' || sticker === 'call' ? at + (ms ?? 0) : at)),
  );
  return { state: 'finished', words: `finished after ${Math.max(0, Math.round(last - began))} ms` };
}

/** A node and all below it. */
export const flat = (node: Node): Node[] => [node, ...node.children.flatMap(flat)];
