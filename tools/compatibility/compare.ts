import type { Shape, Shapes } from './shapes.ts';

/** What a system promises to its clients and to those who read its topic. */
export interface Contract {
  readonly version: string;
  /** By method and path: `POST /classes`. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** By type. */
  readonly events: Readonly<Record<string, Published>>;
}

export interface Operation {
  /** Known clients, for instance the page of the system. */
  readonly clients: readonly string[];
  /** What it takes: `body.fee`, `query.page`. */
  readonly takes: Shapes;
  readonly status: string;
  readonly answers: Shapes;
}

export interface Published {
  readonly by: string;
  readonly fields: Shapes;
  /** Services that act on it, each with the fields it relies on. */
  readonly consumers: Readonly<Record<string, readonly string[]>>;
}

/** What a change did to one path, in words that follow its name. */
type Fault = readonly [path: string, what: string];

const list = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');
const without = <T>(all: readonly T[], gone: readonly T[]): T[] => all.filter((one) => !gone.includes(one));
/** An integer is a number, too. */
const covers = (types: readonly string[], type: string): boolean =>
  types.includes('any') || types.includes(type) || (type === 'integer' && types.includes('number'));

/** What is taken no longer: a field, a type, a value, or one that may be left out. */
function narrowed(before: Shapes, after: Shapes): Fault[] {
  const faults: Fault[] = [];
  for (const [path, old] of Object.entries(before)) {
    const now = after[path];
    if (!now) faults.push([path, 'is not taken any more']);
    else faults.push(...narrower(old, now).map((what): Fault => [path, what]));
  }
  for (const [path, { required }] of Object.entries(after)) {
    const parent = path.replace(/(\[\]|\.[^.[]+)$/, '');
    const isNewHere = !before[path] && (parent === path || before[parent] !== undefined);
    if (required && isNewHere && !path.endsWith('[]')) faults.push([path, 'has to be there from now on']);
  }
  return faults;
}

function narrower(old: Shape, now: Shape): string[] {
  const types = old.types.filter((type) => !covers(now.types, type));
  const values = now.values && (old.values ? without(old.values, now.values) : undefined);
  return [
    ...(now.required && !old.required ? ['has to be there from now on'] : []),
    ...(types.length > 0 ? [`cannot be ${types.join(' or ')} any more`] : []),
    ...(values && values.length > 0 ? [`cannot be ${list(values)} any more`] : []),
    ...(now.values && !old.values && types.length === 0 ? [`can only be ${list(now.values)} from now on`] : []),
    ...Object.entries(now.limits ?? {})
      .filter(([limit, bound]) => isTighter(limit, old.limits?.[limit], bound))
      .filter(([limit]) => old.types.includes(limit.split('.')[0] ?? ''))
      .map(([limit, bound]) => `has a narrower ${limit.split('.')[1]}, ${JSON.stringify(bound)}`),
  ];
}

function isTighter(limit: string, old: number | string | undefined, now: number | string): boolean {
  if (old === undefined || typeof now === 'string') return old !== now;
  return limit.includes('.min') ? now > Number(old) : now < Number(old);
}

/** What a reader cannot rely on any longer: a field, its type, or that there are no other values. */
function widened(before: Shapes, after: Shapes): Fault[] {
  return Object.entries(before).flatMap(([path, old]): Fault[] => {
    const now = after[path];
    if (!now) return [[path, 'is gone']];
    const types = now.types.filter((type) => !covers(old.types, type));
    const others = now.values && without(now.values, old.values ?? now.values);
    const what = [
      ...(old.required && !now.required ? ['may be missing from now on'] : []),
      ...(types.length > 0 ? [`may be ${types.join(' or ')} from now on`] : []),
      ...(others && others.length > 0 && types.length === 0 ? [`may be ${list(others)} from now on`] : []),
      ...(old.values && !now.values && types.length === 0 ? [`may be other than ${list(old.values)} from now on`] : []),
    ];
    return what.map((one): Fault => [path, one]);
  });
}

const named = (names: readonly string[], others: string): string => (names.length > 0 ? names.join(', ') : others);

function brokenOperation(name: string, old: Operation, now: Operation | undefined): string[] {
  const whom = named(old.clients, 'its clients');
  if (!now) return [`${name} is gone: that breaks ${whom}.`];
  return [
    ...(now.status === old.status
      ? []
      : [`${name} answers ${now.status} instead of ${old.status}: that breaks ${whom}.`]),
    ...narrowed(old.takes, now.takes).map(([path, what]) => `${name}: ${path} ${what}: that breaks ${whom}.`),
    ...widened(old.answers, now.answers).map(
      ([path, what]) => `${name}: in its answer ${path} ${what}: that breaks ${whom}.`,
    ),
  ];
}

const ELSEWHERE = 'who reads the topic elsewhere';

function brokenEvent(type: string, old: Published, now: Published | undefined): string[] {
  const all = Object.keys(old.consumers);
  if (!now) return [`${type} of ${old.by} is gone: that breaks ${named(all, ELSEWHERE)}.`];
  return widened(old.fields, now.fields).map(([path, what]) => {
    const [field = ''] = path.split(/[.[]/);
    const whom = all.filter((service) => old.consumers[service]?.includes(field));
    return `${type} of ${old.by}: ${path} ${what}: that breaks ${named(whom, ELSEWHERE)}.`;
  });
}

/** What of a contract a change breaks and whom, a sentence for each; what is added breaks nobody. */
export const breaks = (before: Contract, after: Contract): string[] => [
  ...Object.entries(before.operations).flatMap(([name, old]) => brokenOperation(name, old, after.operations[name])),
  ...Object.entries(before.events).flatMap(([type, old]) => brokenEvent(type, old, after.events[type])),
];

/** Whether a version says that it breaks what was before: a higher major one, before 1.0 a higher minor one. */
export function isRaised(before: string, after: string): boolean {
  const [major = 0, minor = 0] = before.split('.').map(Number);
  const [nextMajor = 0, nextMinor = 0] = after.split('.').map(Number);
  return nextMajor > major || (nextMajor === major && major === 0 && nextMinor > minor);
}

/** What a change breaks although the version was not raised. */
export const unannounced = (before: Contract, after: Contract): string[] =>
  isRaised(before.version, after.version) ? [] : breaks(before, after);
