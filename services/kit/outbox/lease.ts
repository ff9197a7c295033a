import { CREATE, type Sidecar } from '../dapr/sidecar.ts';
import { Unavailable } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { log } from '../telemetry/telemetry.ts';

const RINGS = 'outbox-rings';
/** A ring is registered so for the instance that looks after it in its owner's stead; no instance has such a name. */
const CLAIM = 'claim:';
/** Milliseconds for which a ring has an owner after each renewal. */
export const LEASE_MS = 10_000;
/** How long the ring of an instance that died is looked at again, in case it was only paused. */
const FORGET_MS = 3_600_000;
const TRIES = 30;
const UNRENEWED_MS = 30_000;

type Rings = Record<string, number>;

/**
 * The register of all rings of a service, in one document: until when each has an owner that lives, and until when an
 * orphan is looked after by somebody else.
 */
export class Leases {
  private renewedAt = Number.POSITIVE_INFINITY;
  private unrenewed = '';

  constructor(
    private readonly sidecar: Pick<Sidecar, 'state' | 'write'>,
    private readonly instance: string,
    private readonly clock: Clock,
  ) {}

  /** Why the own lease is not renewed, for operators; undefined while it is. */
  get stalled(): string | undefined {
    const unrenewed = this.clock.now() - this.renewedAt;
    return unrenewed > UNRENEWED_MS
      ? `the outbox lease was not renewed for ${Math.round(unrenewed / 1000)} s: ${this.unrenewed}`
      : undefined;
  }

  /** It was tried in vain. */
  notRenewed(why: string): void {
    this.unrenewed = why;
    log.warn('outbox lease not renewed', { reason: why });
  }

  /** Whether the former life of this instance did not end in order. */
  async interrupted(): Promise<boolean> {
    return (await this.read()).rings[this.instance] !== undefined;
  }

  /**
   * Renews the lease of the own ring, and the claims on orphans.
   * @param claimed orphans that this instance looks after now
   * @param wanted whether this instance would look after this orphan too
   * @param finished whether all of this orphan was published, as far as anybody can know
   * @returns the orphans that this instance has to look after from now on
   */
  async renew(
    claimed: readonly string[],
    wanted: (ring: string) => boolean,
    finished: (ring: string) => boolean,
  ): Promise<string[]> {
    let found: string[] = [];
    await this.update((rings) => {
      const now = this.clock.now();
      const orphans = Object.keys(rings).filter(
        (ring) => !ring.startsWith(CLAIM) && ring !== this.instance && rings[ring]! < now,
      );
      for (const ring of orphans) if (rings[ring]! < now - FORGET_MS && finished(ring)) delete rings[ring];
      found = orphans.filter((ring) => !((rings[CLAIM + ring] ?? 0) >= now) && wanted(ring));
      for (const key of Object.keys(rings)) if (key.startsWith(CLAIM) && rings[key]! < now) delete rings[key];
      for (const ring of [...claimed, ...found]) rings[CLAIM + ring] = now + LEASE_MS;
      rings[this.instance] = now + LEASE_MS;
    });
    this.renewedAt = this.clock.now();
    return found;
  }

  /** Gives up the lease: with nothing left the ring is unregistered, else another instance may take it up at once. */
  async release(claimed: readonly string[], empty: boolean): Promise<void> {
    await this.update((rings) => {
      for (const ring of claimed) delete rings[CLAIM + ring];
      if (empty) delete rings[this.instance];
      else rings[this.instance] = this.clock.now() - 1;
    });
  }

  private async read(): Promise<{ rings: Rings; etag: string | undefined }> {
    const [stored] = await this.sidecar.state.read([RINGS]);
    return { rings: { ...(stored?.value as Rings | undefined) }, etag: stored?.etag };
  }

  private async update(change: (rings: Rings) => void): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const { rings, etag } = await this.read();
      change(rings);
      try {
        return await this.sidecar.write([{ key: RINGS, value: rings, etag: etag ?? CREATE }]);
      } catch (error) {
        if ((await this.read()).etag === etag) throw error;
      }
    }
    throw new Unavailable('the register of outboxes is changed by too many at once');
  }
}
