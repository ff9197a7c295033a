import { createHash } from 'node:crypto';
import { EventUnreadable, InvalidInput } from '../errors.ts';
import { readEventJson } from '../http/json.ts';

/** A CloudEvent whose attributes were checked; its data is not yet. */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly version: number;
  readonly traceparent: string | undefined;
  readonly time: string | undefined;
  readonly data: unknown;
  /** The whole event as it came. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Levels of an event at most: JSON.parse reads any number, and JSON.stringify does not survive some thousands. */
const DEEPEST = 200;
/** A message of fewer bytes cannot be so deep that it does harm. */
const SHALLOW = 2_048;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Decodes one delivered message. A raw subscription brings the exact bytes of the topic as a base64 text; tests and
 * replays bring the parsed event.
 * @throws EventUnreadable when it is no JSON object in UTF-8, or has a value that cannot be kept as it is
 */
export function decode(delivered: unknown): Readonly<Record<string, unknown>> {
  let value = delivered;
  if (typeof delivered === 'string') {
    const bytes = Buffer.from(delivered, 'base64');
    if (bytes.length > SHALLOW && depthOf(bytes) > DEEPEST)
      throw new EventUnreadable('the message is nested too deeply');
    try {
      value = readEventJson(UTF8.decode(bytes));
    } catch (error) {
      if (error instanceof InvalidInput) throw new EventUnreadable(error.message);
      throw new EventUnreadable('the message is not JSON in UTF-8');
    }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new EventUnreadable('the message is not a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

/**
 * Reads the attributes of a CloudEvent.
 * @param follows whether a type is followed here; of the CloudEvent or, for events of a stock Dapr client, of the
 *   contract's own envelope (`data.eventType`)
 * @returns undefined where nobody here follows it
 * @throws EventUnreadable naming the attribute
 */
export function envelopeOf(
  raw: Readonly<Record<string, unknown>>,
  follows: (type: string) => boolean,
): Envelope | undefined {
  const { id, subject, aggregateversion = 0, traceparent, time, data } = raw;
  const own = (data as { eventType?: unknown } | null | undefined)?.eventType;
  if (typeof id !== 'string' || id === '') throw new EventUnreadable('the event has no id');
  const type = [raw.type, own].find((name) => typeof name === 'string' && follows(name)) ?? own ?? raw.type;
  if (typeof type !== 'string' || type === '') throw new EventUnreadable('the event has no type');
  if (!follows(type)) return undefined;
  const version = /^\d{1,15}$/.test(String(aggregateversion)) ? Number(aggregateversion) : undefined;
  if (version === undefined) throw new EventUnreadable('aggregateversion is not a whole number from 0 on');
  if (subject !== undefined && typeof subject !== 'string') throw new EventUnreadable('subject is not a text');
  return {
    id,
    type,
    subject: subject ?? '',
    version,
    traceparent: textOr(traceparent),
    time: textOr(time),
    data,
    raw,
  };
}

/** How deep objects and lists of a JSON text are nested. */
function depthOf(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0x5c) at++;
    else if (byte === 0x22) inText = !inText;
    else if (!inText && (byte === 0x5b || byte === 0x7b)) deepest = Math.max(deepest, ++depth);
    else if (!inText && (byte === 0x5d || byte === 0x7d)) depth--;
  }
  return deepest;
}

const textOr = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A short name for something of any length and content. */
export const hashOf = (content: string): string => createHash('sha256').update(content).digest('base64url');

const PLAIN = /^[\w./:-]{1,150}$/;

/** The cause under which a document remembers an event: its id or, where a document's list could not hold it, its hash. */
export const causeOf = (id: string): string => (PLAIN.test(id) ? id : `hash-${hashOf(id)}`);
