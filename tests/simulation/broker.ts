import type { Message } from '../../services/kit/testing/index.ts';
import type { Replica } from './replica.ts';
import type { World } from './world.ts';

/** Batches of one group on Redis at the same time. */
const AT_ONCE = 3;
const AGAIN_MS = 1_000;
const BATCH_MS = 3;

/** Brings the messages of the system's topic to the replicas of one service, as the broker and the sidecars do. */
export class Consumers {
  private readonly underWay = new Map<Message, Replica>();
  private readonly held = new Set<Message>();
  private isDue = false;
  private batches = 0;

  constructor(
    private readonly world: World,
    private readonly appId: string,
    private readonly replicas: readonly Replica[],
  ) {
    world.onPublish(() => this.look());
  }

  /** Looks soon whether there is something to bring. */
  look(ms = BATCH_MS): void {
    if (this.isDue) return;
    this.isDue = true;
    this.world.time.after(ms, () => {
      this.isDue = false;
      this.bring();
    });
  }

  /** Messages that are not handled yet; none where it does not subscribe. */
  get backlog(): number {
    const { backend, system } = this.world;
    const follows = this.replicas.some(({ sidecar }) => sidecar?.subscriptionTo(system.name));
    return follows ? backend.broker.waiting(system.name, this.appId).length : 0;
  }

  private bring(): void {
    const { backend, system } = this.world;
    for (const [message, replica] of this.underWay) if (!replica.isUp) this.underWay.delete(message);
    const able = this.replicas.filter(
      ({ isUp, sidecar }) => isUp && sidecar?.app && sidecar.subscriptionTo(system.name),
    );
    if (able.length === 0) return;
    if (this.world.isAway('broker')) {
      this.look(AGAIN_MS);
      return;
    }
    const waiting = backend.broker.waiting(system.name, this.appId);
    const free = waiting.filter((message) => !this.underWay.has(message) && !this.held.has(message));
    if (backend.broker.kind === 'kafka') {
      const busy = new Set([...this.underWay.keys(), ...this.held].map(({ partition }) => partition));
      for (const partition of new Set(free.map((message) => message.partition)))
        if (!busy.has(partition))
          this.send(
            free.filter((message) => message.partition === partition),
            able[partition % able.length]!,
            able,
          );
      return;
    }
    if (free.length === 0 || new Set(this.underWay.values()).size >= AT_ONCE) return;
    const label = `${this.appId} batch ${this.batches}`;
    this.send(free, this.world.chance.pick(`to ${label}`, able), able);
    this.look();
  }

  private send(free: readonly Message[], to: Replica, able: readonly Replica[]): void {
    const { chance, weather, isCalm, backend, system } = this.world;
    const label = `${this.appId} batch ${this.batches++}`;
    const odds = isCalm ? 0 : weather.batches;
    const most = chance.strikes(`split ${label}`, odds) ? 1 + Math.floor(chance.draw(`size ${label}`) * 3) : 100;
    let batch = free.slice(0, most);
    for (const message of batch) this.underWay.set(message, to);
    if (backend.broker.kind === 'redis' && chance.strikes(`order ${label}`, odds)) batch = batch.toReversed();
    const published = backend.broker.messages(system.name);
    if (chance.strikes(`again ${label}`, odds)) batch = [...batch, chance.pick(`which ${label}`, published)];
    if (able.length > 1 && chance.strikes(`both ${label}`, odds))
      void this.deliver(batch, able[(able.indexOf(to) + 1) % able.length]!, false);
    void this.deliver(batch, to, chance.strikes(`answer lost ${label}`, odds));
  }

  private async deliver(batch: readonly Message[], to: Replica, loseAnswer: boolean): Promise<void> {
    const { backend, system, time } = this.world;
    const { sidecar } = to;
    if (!sidecar) return;
    this.world.note(`${to.name} gets ${batch.map(({ offset }) => offset).join()}`);
    const delivery = { topic: system.name, replica: sidecar, choose: () => batch, loseAnswer };
    const { done, again } = await backend.deliver(this.appId, delivery);
    for (const message of batch) if (this.underWay.get(message) === to) this.underWay.delete(message);
    this.world.note(`${to.name} did ${done.map(({ offset }) => offset).join()}`);
    for (const message of again) this.held.add(message);
    if (again.length > 0)
      time.after(AGAIN_MS, () => {
        for (const message of again) this.held.delete(message);
        this.look();
      });
    this.look();
  }
}
