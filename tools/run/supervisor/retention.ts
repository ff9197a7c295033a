import { Redis } from 'ioredis';
import type { Addresses } from '../process.ts';
import { groupsOf } from './lag.ts';

/**
 * Redis keeps what is published on a stream for ever. What every consumer group has handled goes here after an hour,
 * as the retention of Kafka's topics lets it go after a week.
 */
const KEPT_MS = 60_000 * Number(process.env.MADANG_EVENTS_KEPT_MINUTES || 60);

/** Where a consumer group is on a stream. */
export interface Position {
  /** Id of the last event it was given. */
  readonly lastDelivered: string;
  /** Id of the first event it was given and has not acknowledged. */
  readonly firstPending?: string;
}

/**
 * The id from which a stream has to be kept: the first event that some group still needs, or the first of the time that
 * is kept in any case, whichever is older. Undefined: nobody has read yet, all is kept.
 */
export function keptFrom(groups: readonly Position[], now: number, keptMs = KEPT_MS): string | undefined {
  if (groups.length === 0) return undefined;
  const needed = groups.map(({ lastDelivered, firstPending }) => firstPending ?? lastDelivered);
  const oldest = [...needed, `${Math.max(0, now - keptMs)}-0`].sort(byId)[0];
  return oldest === undefined || oldest === '0-0' ? undefined : oldest;
}

const byId = (one: string, other: string): number => {
  const [a, b] = [one, other].map((id) => id.split('-').map(BigInt));
  const [time, number] = [(a?.[0] ?? 0n) - (b?.[0] ?? 0n), (a?.[1] ?? 0n) - (b?.[1] ?? 0n)];
  return Number(time || number);
};

/** Lets go what every group of these streams has handled. @returns how many events went */
export async function trim(address: Addresses['redis'], topics: readonly string[], now = Date.now()): Promise<number> {
  const redis = new Redis({ ...address, lazyConnect: true, maxRetriesPerRequest: 1, commandTimeout: 10_000 });
  redis.on('error', () => undefined);
  let gone = 0;
  try {
    for (const topic of topics) {
      if ((await redis.exists(topic)) === 0) continue;
      const groups: Position[] = [];
      for (const { name, pending, 'last-delivered-id': last } of await groupsOf(redis, topic)) {
        const [, first] = Number(pending) > 0 ? ((await redis.xpending(topic, String(name))) as unknown[]) : [];
        groups.push({ lastDelivered: String(last), ...(typeof first === 'string' ? { firstPending: first } : {}) });
      }
      const from = keptFrom(groups, now);
      if (from) gone += await redis.xtrim(topic, 'MINID', '~', from);
    }
    return gone;
  } finally {
    redis.disconnect();
  }
}
