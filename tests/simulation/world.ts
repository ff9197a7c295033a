import type { Context } from '../../services/kit/index.ts';
import { type Call, MemoryBackend } from '../../services/kit/testing/index.ts';
import { type Chance, hex } from './chance.ts';
import type { System } from './systems.ts';
import { type Owner, Time } from './time.ts';

/** Of a run: how often which trouble comes. */
export interface Weather {
  /** Of all calls of a sidecar, the share that something happens to. */
  readonly calls: number;
  /** Of all batches, the share that is brought in an odd way. */
  readonly batches: number;
  /** Larger troubles: kills, pauses, outages. */
  readonly blows: number;
  readonly replicas: number;
  readonly clients: number;
  /** Commands of each client. */
  readonly commands: number;
  readonly profile: 'light' | 'full';
}

/** Parts of the infrastructure that can be away. */
export type Part = 'store' | 'broker';

/** What all processes of a simulated system share. */
export class World {
  readonly time = new Time();
  readonly backend: MemoryBackend;
  /** From then on no new trouble begins. */
  isCalm = false;
  /** What happened, for the comparison of two runs and for whoever looks for a reason. */
  readonly trace: string[] = [];
  private readonly awayUntil = new Map<Part, number>();
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly system: System,
    readonly chance: Chance,
    readonly weather: Weather,
  ) {
    const isLight = weather.profile === 'light';
    this.backend = new MemoryBackend({
      state: isLight ? 'redis' : 'mysql',
      broker: isLight ? 'redis' : 'kafka',
      clock: this.time.clockOf({ dead: false, pausedUntil: 0, skew: 0 }),
      configuration: system.configuration,
    });
  }

  /** Name and kind of the store of a service. */
  storeOf(appId: string): { name: string; kind: 'redis' | 'mysql' | 'sqlite' } {
    const isLight = this.weather.profile === 'light';
    if (this.system.isApart(appId)) return { name: appId, kind: isLight ? 'sqlite' : 'redis' };
    return { name: this.system.name, kind: isLight ? 'redis' : 'mysql' };
  }

  /** Time and chance of one life of a process. */
  contextOf(life: string, owner: Owner): Context {
    const random = this.chance.stream(`random ${life}`);
    const ids = this.chance.stream(`ids ${life}`);
    return {
      clock: this.time.clockOf(owner),
      random,
      id: () =>
        `${hex(ids(), 8)}-${hex(ids(), 4)}-4${hex(ids(), 3)}-8${hex(ids(), 3)}-${hex(ids(), 6)}${hex(ids(), 6)}`,
    };
  }

  note(text: string): void {
    this.trace.push(`${this.time.now.toFixed(3)} ${text}`);
  }

  takeAway(part: Part, ms: number): void {
    this.awayUntil.set(part, Math.max(this.awayUntil.get(part) ?? 0, this.time.now + ms));
  }
  isAway(part: Part): boolean {
    return (this.awayUntil.get(part) ?? 0) > this.time.now;
  }

  /** Ends all trouble. */
  calm(): void {
    this.isCalm = true;
    this.awayUntil.clear();
  }

  onPublish(act: () => void): void {
    this.listeners.add(act);
  }
  /** Something lies on the topic. */
  published(): void {
    for (const act of this.listeners) act();
  }
}

/** Which part of the infrastructure a call needs. */
export const partOf = ({ kind }: Call): Part | undefined =>
  kind === 'state-read' || kind === 'state-write' ? 'store' : kind === 'publish' ? 'broker' : undefined;
