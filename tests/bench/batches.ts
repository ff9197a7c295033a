import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Counts, TOTAL } from './counts.ts';

/** Where the counting of a file of Kafka's log goes on, by path. */
export type Positions = Map<string, { readonly at: number; readonly batches: number }>;
/** Of this process: each count goes on where the one before ended. */
export const BATCHES: Positions = new Map();

/** Base offset and length, in bytes: what stands before each batch of a log. */
const HEADER = 12;

/**
 * The record batches that a Kafka has written, events and consumers' positions apart. It tells the number of its requests by
 * JMX alone, for which it would have to be started otherwise; a batch is what one request writes to one partition. What
 * consumers fetch leaves no trace and is not counted.
 */
export async function countBatches(folder: string, positions: Positions): Promise<Counts> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  let events = 0;
  let commits = 0;
  for (const name of names.filter((one) => /-\d+\/\d+\.log$/.test(one) && !/^__cluster_metadata/.test(one))) {
    const { batches } = await countFile(join(folder, name), positions);
    if (name.startsWith('__consumer_offsets')) commits += batches;
    else events += batches;
  }
  return { 'batches of events': events, 'commits of positions': commits, [TOTAL]: events + commits };
}

async function countFile(path: string, positions: Positions): Promise<{ at: number; batches: number }> {
  let { at, batches } = positions.get(path) ?? { at: 0, batches: 0 };
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const header = Buffer.alloc(HEADER);
    while (at + HEADER <= size) {
      await file.read(header, 0, HEADER, at);
      const length = header.readInt32BE(8);
      // Room that is set aside, or a batch that is being written.
      if (length <= 0 || at + HEADER + length > size) break;
      at += HEADER + length;
      batches++;
    }
  } finally {
    await file.close();
  }
  positions.set(path, { at, batches });
  return { at, batches };
}
