import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, Connection, metadataV12 } from '@platformatic/kafka';
import type { Log } from './client-session.ts';

/** Commands have to be accepted again so long after the death of one of three brokers. */
const ACCEPTED_MS = 15_000;
/** Where nothing is told for so long, nobody told anything of these partitions. */
const TOLD_MS = 60_000;
const LOOK_MS = 200;
/** The newest offset, in Kafka's protocol. */
const LATEST = -1n;

/** Where a topic's partition ends that a broker leads. */
interface Led {
  readonly topic: string;
  readonly partition: number;
  readonly end: bigint;
}

/** One of several brokers that is about to be killed. */
export interface Doomed {
  readonly id: string;
  readonly led: readonly Led[];
}

/** Three brokers of which one at a time is killed, and how long commands and events wait for the other two. */
export class Brokers {
  private readonly admin: Admin;
  private readonly ports: readonly number[];
  private readonly topics: readonly string[];
  private watched: Promise<void> = Promise.resolve();
  private isWatching = false;
  private isOver = false;
  private readonly accepted: number[] = [];
  private readonly logged: number[] = [];
  private died = 0;
  private leaders = 0;

  /** @param ports of the brokers on this machine */
  constructor(ports: readonly number[], topics: readonly string[]) {
    this.ports = ports;
    this.topics = topics;
    this.admin = new Admin({
      clientId: 'crash',
      bootstrapBrokers: ports.map((port) => `127.0.0.1:${port}`),
      retries: 0,
      timeout: 2_000,
      connectTimeout: 1_000,
      // Who leads changes with each death.
      metadataMaxAge: LOOK_MS,
    });
  }

  /**
   * What a broker leads, and undefined where it may not go: another one is away, or has not yet caught up with it.
   * @param id as the runner calls it, `kafka-<number>`
   */
  async toKill(id: string, infrastructure: readonly { id: string; state: string }[]): Promise<Doomed | undefined> {
    const all = infrastructure.filter((one) => one.id.startsWith('kafka-'));
    if (this.isWatching || all.some(({ state }) => state !== 'healthy')) return undefined;
    try {
      const partitions = await this.partitions();
      if (partitions.some(({ copies }) => copies < all.length)) return undefined;
      const own = partitions.filter(({ topic, leader }) => this.topics.includes(topic) && `kafka-${leader}` === id);
      const led = await Promise.all(own.map(async (one) => ({ ...one, end: await this.endOf(one) })));
      return { id, led };
    } catch {
      return undefined;
    }
  }

  /** To be called when it was killed: looks how long it is until commands are accepted, and events are told where it led. */
  watch({ id, led }: Doomed, log: Log): void {
    this.isWatching = true;
    this.died++;
    if (led.length > 0) this.leaders++;
    const [killed, before] = [Date.now(), log.accepted];
    const again = async (list: number[], limitMs: number, check: () => Promise<boolean>): Promise<boolean> => {
      while (!(await check().catch(() => false))) {
        if (this.isOver || Date.now() - killed > limitMs) return this.isOver;
        await sleep(LOOK_MS);
      }
      list.push(Date.now() - killed);
      return true;
    };
    const watching = Promise.all([
      again(this.accepted, ACCEPTED_MS, async () => log.accepted > before).then((inTime) => {
        if (!inTime)
          log.oddities.push({ about: id, what: `no command was accepted in ${ACCEPTED_MS / 1000} s after its death` });
      }),
      ...led.map((one) => again(this.logged, TOLD_MS, async () => (await this.endOf(one)) > one.end)),
    ]);
    this.watched = watching.then(() => {
      this.isWatching = false;
    });
  }

  /** Ends it. @returns a line for people */
  async close(log: Log): Promise<string> {
    this.isOver = true;
    await this.watched;
    await this.admin.close();
    if (this.died === 0)
      log.oddities.push({ about: 'brokers', what: 'none was killed: no moment at which all were there' });
    const longest = (list: readonly number[]): string => (Math.max(0, ...list) / 1000).toFixed(1);
    return (
      `${this.died} died, ${this.leaders} of them led a partition of a system's topic; at most ${longest(this.accepted)} s to the next command accepted, ` +
      `${longest(this.logged)} s to the next event where one had led (${this.logged.length} partitions)`
    );
  }

  /** Of all topics, those of Kafka itself, too, which the metadata of its clients leaves out. */
  private async partitions(): Promise<{ topic: string; partition: number; leader: number; copies: number }[]> {
    const connection = new Connection('crash', { connectTimeout: 1_000 });
    try {
      await connection.connect('127.0.0.1', this.ports[0] ?? 0);
      const { topics } = await metadataV12.api.async(connection, null);
      return topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, leaderId, isrNodes }) => ({
          topic: name ?? '',
          partition: partitionIndex,
          leader: leaderId,
          copies: isrNodes.length,
        })),
      );
    } finally {
      await connection.close();
    }
  }

  private async endOf({ topic, partition }: Pick<Led, 'topic' | 'partition'>): Promise<bigint> {
    const partitions = [{ partitionIndex: partition, timestamp: LATEST }];
    const [found] = await this.admin.listOffsets({ topics: [{ name: topic, partitions }] });
    return found?.partitions[0]?.offset ?? LATEST;
  }
}
