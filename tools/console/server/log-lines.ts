import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { home } from '../../run/paths.ts';
import { appended, logFile } from '../../run/supervisor/logs.ts';

/** A line of a log. */
export interface LogLine {
  readonly id: string;
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly trace?: string;
  /** What else is in it, as a text. */
  readonly more?: string;
}

/** Bytes that are read of each file at first, and later at once. */
const FIRST = 64 * 1024;
const ONCE = 512 * 1024;
/** For the lines of one trace more is looked through. */
const SOUGHT = 4 * 1024 * 1024;

/** The ids of the processes that have a log. */
const logIds = (): string[] =>
  readdirSync(join(home, 'logs'))
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -4))
    .sort();

/** What was written since these places in the files (or the end of each), and the places now. */
export function newLines(
  ids: readonly string[],
  places: Readonly<Record<string, number>>,
): { lines: LogLine[]; places: Record<string, number> } {
  const now: Record<string, number> = {};
  const lines = ids.flatMap((id) => {
    const file = logFile(id);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const known = places[id];
    const from = known === undefined ? Math.max(0, size - FIRST) : known > size ? 0 : Math.max(known, size - ONCE);
    const text = read(file, from, size);
    const end = text.lastIndexOf('\n') + 1;
    now[id] = from + Buffer.byteLength(text.slice(0, end));
    const whole = known === undefined && from > 0 ? text.slice(text.indexOf('\n') + 1, end) : text.slice(0, end);
    return linesOf(id, whole);
  });
  return { lines: lines.sort(byTime), places: now };
}

/** The lines of one trace, of all apps. */
export function linesOfTrace(trace: string): LogLine[] {
  const lines = logIds().flatMap((id) => {
    const file = logFile(id);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const found = read(file, Math.max(0, size - SOUGHT), size)
      .split('\n')
      .filter((line) => line.includes(trace));
    return linesOf(id, found.slice(-500).join('\n'));
  });
  return lines.sort(byTime);
}

/** How many lines of level error each process wrote in this run. */
export class ErrorCounts {
  readonly counts: Record<string, number> = {};
  private readonly places = new Map<string, number>();

  /** Reads what was written since the last look. */
  look(): void {
    for (const id of logIds()) {
      const { text, length } = appended(logFile(id), this.places.get(id) ?? 0);
      if (length < (this.places.get(id) ?? 0)) this.counts[id] = 0;
      this.places.set(id, length);
      const found = text.match(/"level":\s*"error"|level=(?:error|fatal) msg/g)?.length ?? 0;
      if (found > 0) this.counts[id] = (this.counts[id] ?? 0) + found;
    }
  }
}

const byTime = (a: LogLine, b: LogLine): number => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0);

function read(file: string, from: number, to: number): string {
  if (to <= from) return '';
  try {
    const opened = openSync(file, 'r');
    const buffer = Buffer.alloc(to - from);
    const length = readSync(opened, buffer, 0, buffer.length, from);
    closeSync(opened);
    return buffer.toString('utf8', 0, length);
  } catch {
    return '';
  }
}

const linesOf = (id: string, text: string): LogLine[] =>
  text.split('\n').flatMap((line) => (line.trim() ? [lineOf(id, line)] : []));

/** Reads a line of our services (JSON), of a sidecar (logfmt), or of anything else (as it is). */
export function lineOf(id: string, line: string): LogLine {
  if (line.startsWith('{')) {
    try {
      const { timestamp, time, level, message, msg, traceId, service: _, ...more } = JSON.parse(line);
      const rest = JSON.stringify(more);
      return {
        id,
        time: String(timestamp ?? time ?? ''),
        level: String(level ?? 'info'),
        message: String(message ?? msg ?? ''),
        ...(typeof traceId === 'string' ? { trace: traceId } : {}),
        ...(rest === '{}' ? {} : { more: rest }),
      };
    } catch {
      // broken off in the middle
    }
  }
  const [, time, level, message] = /^time="([^"]+)" level=(\w+) msg="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  if (time) return { id, time, level: level === 'warning' ? 'warn' : level!, message: message!.replaceAll('\\"', '"') };
  return { id, time: '', level: 'info', message: line.slice(0, 4_000) };
}
