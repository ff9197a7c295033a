import { type Brokers, withKafka } from '../run/infrastructure/prepare.ts';
import { behind, endsOf } from '../run/supervisor/lag.ts';
import { brokersFrom, messageOf } from './servers.ts';

/** Begins the last line of what a pod prints that has done it. */
export const SKIPPED = 'Groups that were moved:';

/**
 * Puts each service of a system behind all that its topic holds, as a restore needs it: what was told after the backup
 * must not be handled again. Kafka refuses to move a group that reads, so the services are stopped first.
 * @returns how many events each group leaves out
 */
export const skip = (brokers: Brokers, system: string): Promise<[group: string, events: number][]> =>
  withKafka(brokers, async (admin) => {
    const groups = [...(await admin.listGroups()).keys()].filter((id) => id.startsWith(`${system}-`)).sort();
    const ends = (await endsOf(admin, [system])).get(system) ?? [];
    if (groups.length === 0) return [];
    const committed = await admin.listConsumerGroupOffsets({ groups });
    const partitionOffsets = ends.map(({ partitionIndex, offset }) => ({ partition: partitionIndex, offset }));
    const left: [string, number][] = [];
    for (const groupId of groups) {
      const own = committed.find((group) => group.groupId === groupId)?.topics.find(({ name }) => name === system);
      const at = new Map(own?.partitions.map((one) => [one.partitionIndex, one.committedOffset]));
      await admin
        .alterConsumerGroupOffsets({ groupId, topics: [{ name: system, partitionOffsets }] })
        .catch((cause) => {
          throw new Error(`${groupId} could not be moved. Does it still read? Stop all services of ${system} first.`, {
            cause,
          });
        });
      const events = partitionOffsets.map(({ partition, offset }) => behind(offset, at.get(partition)));
      left.push([groupId, events.reduce((a, b) => a + b, 0)]);
    }
    return left;
  });

/** `skip <system>`, in a pod that has the variables of `prepare`. */
export async function main([system = '']: string[]): Promise<number> {
  try {
    if (!process.env.KAFKA)
      throw new Error('This release has no Kafka: its events are in Redis, and came back with it.');
    const moved = await skip(brokersFrom(process.env), system);
    for (const [group, events] of moved) process.stdout.write(`${group} leaves out ${events} events\n`);
    process.stdout.write(`${SKIPPED} ${moved.length}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}
