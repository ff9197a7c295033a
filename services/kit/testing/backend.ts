import { type Clock, realClock } from '../runtime/clock.ts';
import { type BrokerKind, MemoryBroker } from './broker.ts';
import { MemoryConfiguration } from './configuration.ts';
import { type Delivered, type Delivery, deliver } from './delivery.ts';
import type { SidecarOptions, Surroundings } from './parts.ts';
import { MemorySidecar } from './sidecar.ts';
import { MemoryStore, type StoreKind } from './store.ts';

/** What the surroundings of a test are made of. */
export interface BackendOptions {
  /** Kind of the store that an app has unless it is given one of its own; Redis where nothing is said. */
  readonly state?: StoreKind;
  /** Redis streams where nothing is said. */
  readonly broker?: BrokerKind;
  /** Partitions of every Kafka topic. */
  readonly partitions?: number;
  /** Milliseconds since 1970, for expiry; those of the clock where nothing is said. */
  readonly now?: () => number;
  /** Time for limits of calls; the machine's where nothing is said. */
  readonly clock?: Clock;
  /** Keys of the ConfigMap, as texts. */
  readonly configuration?: Readonly<Record<string, string>>;
}

/** How often `settle` tries a message that nobody takes before it gives up. */
const PATIENCE = 100;

/**
 * The surroundings of services: stores, a broker, configuration, and the sidecars that stand between. It is what Redis,
 * MySQL, Kafka and daprd are to the product, in one process: no socket, no timer, nothing shared between two of it, and
 * the same sequence of calls gives the same answers.
 */
export class MemoryBackend implements Surroundings {
  readonly broker: MemoryBroker;
  readonly configuration: MemoryConfiguration;
  /** Every notice sent through the output binding `notice`. */
  readonly notices: { appId: string; operation: string; data: unknown }[] = [];
  readonly now: () => number;
  readonly clock: Clock;
  private readonly stores = new Map<string, MemoryStore>();
  private readonly replicas = new Map<string, MemorySidecar[]>();
  private readonly kind: StoreKind;

  constructor(options: BackendOptions = {}) {
    const clock = options.clock ?? realClock;
    this.now = options.now ?? (() => clock.now());
    this.clock = {
      monotonic: () => clock.monotonic(),
      sleep: (...how) => clock.sleep(...how),
      after: (...how) => clock.after(...how),
      every: (...how) => clock.every(...how),
      now: this.now,
    };
    this.kind = options.state ?? 'redis';
    this.broker = new MemoryBroker(options.broker ?? 'redis', options.partitions ?? 4);
    this.configuration = new MemoryConfiguration(options.configuration ?? {});
  }

  /** The store of this name, made at its first use; two apps that name the same share it, each under its own prefix. */
  store(name: string, kind: StoreKind = this.kind): MemoryStore {
    let store = this.stores.get(name);
    if (!store) {
      store = new MemoryStore(kind, this.now);
      this.stores.set(name, store);
    }
    return store;
  }

  /** A sidecar of an app; a second one with the same id is that of another replica. */
  sidecar(appId: string, options: SidecarOptions = {}): MemorySidecar {
    const sidecar = new MemorySidecar(this, appId, options);
    this.replicas.set(appId, [...this.sidecars(appId), sidecar]);
    return sidecar;
  }

  /** The sidecars of an app id, in the order they were made. */
  sidecars(appId: string): readonly MemorySidecar[] {
    return this.replicas.get(appId) ?? [];
  }

  /** Calls of all sidecars so far: unchanged means that nobody did anything. */
  get activity(): number {
    return this.all().reduce((sum, { activity }) => sum + activity, 0);
  }

  /** Calls that are under way. */
  get underWay(): number {
    return this.all().reduce((sum, { underWay }) => sum + underWay, 0);
  }

  private all(): MemorySidecar[] {
    return [...this.replicas.values()].flat();
  }

  /** A sidecar that has ended: nobody finds it any more. */
  remove(sidecar: MemorySidecar): void {
    this.replicas.set(
      sidecar.appId,
      this.sidecars(sidecar.appId).filter((other) => other !== sidecar),
    );
  }

  /** Delivers one batch to an app, as its bulk subscription does. */
  deliver(appId: string, delivery: Delivery = {}): Promise<Delivered> {
    return deliver(this, appId, delivery);
  }

  /**
   * Delivers until no subscriber has anything left.
   * @throws Error when the same messages come back again and again
   */
  async settle(): Promise<void> {
    for (let fruitless = 0; ; ) {
      const backlog = this.broker.backlog().filter(({ topic, group }) => this.subscriber(group, topic));
      if (backlog.length === 0) return;
      let handled = 0;
      for (const { topic, group } of backlog) {
        const { done } = await this.deliver(group, { topic });
        handled += done.length;
      }
      fruitless = handled === 0 ? fruitless + 1 : 0;
      if (fruitless >= PATIENCE)
        throw new Error(
          `messages come again without end: ${backlog.map(({ group, count }) => `${group} ${count}`).join(', ')}`,
        );
    }
  }

  /** The first replica of an app that has subscribed to a topic and is up. */
  subscriber(appId: string, topic: string): MemorySidecar | undefined {
    return this.sidecars(appId).find((sidecar) => sidecar.app && sidecar.subscriptionTo(topic));
  }
}
