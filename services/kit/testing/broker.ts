import { byBytes } from './json.ts';

/** The brokers that Madang runs on. */
export type BrokerKind = 'kafka' | 'redis';

/** A message on a topic; `key` keeps its order on Kafka. */
export interface Message {
  /** Place on its topic, counting from 0. */
  readonly offset: number;
  readonly partition: number;
  readonly key: string | undefined;
  /** What was published with it, as texts. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly data: Buffer;
}

/** A message on its way to a topic. */
export interface NewMessage {
  /** As `metadata.partitionKey`. */
  readonly key?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data: Buffer;
}

/** What one consumer group has still to read. */
interface Group {
  /** Not delivered yet, or to be delivered again, in order. */
  waiting: Message[];
}

interface Topic {
  readonly messages: Message[];
  readonly groups: Map<string, Group>;
}

/** What Dapr's Kafka client refuses to send: Kafka's own limit of a message. */
const LARGEST_KAFKA_MESSAGE = 1_048_576;

/** Why Kafka does not take a message, if so: it counts key, headers and its own record head along. */
export function tooLargeForKafka(data: Buffer, metadata: Readonly<Record<string, string>>): string | undefined {
  const key = metadata.partitionKey ?? metadata.__key ?? '';
  const heads = Object.entries(metadata).map(([name, value]) => Buffer.byteLength(name + value) + 10);
  const size = data.length + Buffer.byteLength(key) + 36 + heads.reduce((sum, length) => sum + length, 0);
  if (size <= LARGEST_KAFKA_MESSAGE) return undefined;
  return `kafka: invalid configuration (Attempt to produce message larger than configured Producer.MaxMessageBytes: ${size} > ${LARGEST_KAFKA_MESSAGE})`;
}

/** A broker: topics that keep everything, and of each the place of every consumer group. It delivers nothing by itself. */
export class MemoryBroker {
  private readonly topics = new Map<string, Topic>();
  private next = 0;

  constructor(
    readonly kind: BrokerKind,
    /** Of every topic. A topic of Redis streams has one. */
    readonly partitions: number,
  ) {}

  /** Puts a message on a topic. */
  append(topic: string, message: NewMessage): Message {
    const { messages, groups } = this.topic(topic);
    const { data, metadata = message.key === undefined ? {} : { partitionKey: message.key } } = message;
    const key = metadata.partitionKey ?? metadata.__key;
    const kept = { offset: messages.length, partition: this.partitionOf(key), key, metadata, data };
    messages.push(kept);
    for (const group of groups.values()) group.waiting.push(kept);
    return kept;
  }

  /** Everything that was ever put on a topic. */
  messages(topic: string): readonly Message[] {
    return this.topic(topic).messages;
  }

  /** What a consumer group has still to handle, in the order in which it will come. A new group begins with the oldest. */
  waiting(topic: string, group: string): readonly Message[] {
    return this.group(topic, group).waiting;
  }

  /** Makes a group known, so that it counts as one that has still to read. */
  join(topic: string, group: string): void {
    this.group(topic, group);
  }

  /** A group is done with these messages. */
  acknowledge(topic: string, group: string, done: readonly Message[]): void {
    const gone = new Set(done);
    const place = this.group(topic, group);
    place.waiting = place.waiting.filter((message) => !gone.has(message));
  }

  /** Changes what a group will get: another order, a message twice. */
  rearrange(topic: string, group: string, change: (waiting: readonly Message[]) => readonly Message[]): void {
    const place = this.group(topic, group);
    place.waiting = [...change(place.waiting)];
  }

  /** Topics with groups that have something to handle. */
  backlog(): { topic: string; group: string; count: number }[] {
    return [...this.topics]
      .flatMap(([topic, { groups }]) =>
        [...groups].map(([group, { waiting }]) => ({ topic, group, count: waiting.length })),
      )
      .filter(({ count }) => count > 0)
      .sort((a, b) => byBytes(`${a.topic}\n${a.group}`, `${b.topic}\n${b.group}`));
  }

  private partitionOf(key: string | undefined): number {
    if (this.kind === 'redis') return 0;
    if (key === undefined) return this.next++ % this.partitions;
    let hash = 0x811c9dc5; // FNV-1a, as sarama's hash partitioner
    for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193) | 0;
    return Math.abs(hash % this.partitions);
  }

  private topic(name: string): Topic {
    let topic = this.topics.get(name);
    if (!topic) {
      topic = { messages: [], groups: new Map() };
      this.topics.set(name, topic);
    }
    return topic;
  }

  private group(topic: string, name: string): Group {
    const { groups, messages } = this.topic(topic);
    let group = groups.get(name);
    if (!group) {
      group = { waiting: [...messages] };
      groups.set(name, group);
    }
    return group;
  }
}
