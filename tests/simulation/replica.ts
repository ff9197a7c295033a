import type { App } from '../../services/kit/index.ts';
import type { MemorySidecar } from '../../services/kit/testing/index.ts';
import type { Owner } from './time.ts';
import { Troubles } from './troubles.ts';
import type { World } from './world.ts';

const MINUTES = 60_000;
const RESTART_MS = 500;

/** One replica of a service: its name stays, and its lives come one after the other, each with nothing but the store. */
export class Replica {
  readonly name: string;
  sidecar: MemorySidecar | undefined;
  troubles: Troubles | undefined;
  owner: Owner = { dead: true, pausedUntil: 0, skew: 0 };
  /** Why it could not start, where that is so. */
  broken: string | undefined;
  private lives = 0;
  private app: App | undefined;

  constructor(
    private readonly world: World,
    readonly appId: string,
    number: number,
  ) {
    this.name = `${appId}-${number}`;
  }

  get isUp(): boolean {
    return !this.owner.dead;
  }

  /** Starts a life. */
  boot(): void {
    const { world, name, appId } = this;
    const { chance, backend, system } = world;
    const life = this.lives++;
    const skewed = chance.strikes(`skew ${name}.${life}`, world.isCalm ? 0 : world.weather.blows / 4);
    const skew = skewed ? Math.round((chance.draw(`skew of ${name}.${life}`) - 0.5) * 10 * MINUTES) : 0;
    this.owner = { dead: false, pausedUntil: 0, skew };
    const troubles = new Troubles(world, name, this.owner, life, () => this.restart());
    this.troubles = troubles;
    const { before, after, arrive } = troubles;
    const callees = system.rules[appId] ?? {};
    this.sidecar = backend.sidecar(appId, { store: world.storeOf(appId), callees, before, after, arrive });
    const context = world.contextOf(`${name}.${life}`, this.owner);
    world.note(`${name} starts`);
    this.app = system.services[appId]!({ dapr: this.sidecar, appId, instance: name, context });
    const { sidecar, owner } = this;
    this.app.start().catch((error: Error) => {
      if (!owner.dead) this.broken = error.message;
    });
    void sidecar.attach(this.app.app).then(() => world.published());
  }

  /** kill -9. */
  kill(): void {
    const { sidecar } = this;
    if (!sidecar || this.owner.dead) return;
    this.world.note(`${this.name} is killed`);
    this.owner.dead = true;
    sidecar.cut();
    this.world.backend.remove(sidecar);
  }

  /** kill -9, and it is started again at once. */
  private restart(): void {
    this.kill();
    this.world.time.after(RESTART_MS, () => {
      if (!this.isUp) this.boot();
    });
  }

  /** SIGTERM; it is killed when it does not end. */
  stop(): void {
    this.world.note(`${this.name} is stopped`);
    void this.app?.close().then(() => this.kill());
    this.sidecar?.detach();
    this.world.time.after(8_000, () => this.kill(), this.owner);
  }

  /** It stands still, and goes on later as if nothing had been. */
  pause(ms: number): void {
    this.world.note(`${this.name} stands still`);
    this.owner.pausedUntil = this.world.time.now + ms;
  }
}
