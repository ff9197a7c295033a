import type { Authority, Enrolment } from '../infrastructure/authority.ts';
import { buildConsole } from '../infrastructure/build.ts';
import { type Infrastructure, infrastructure } from '../infrastructure/infra.ts';
import { prepareKafka, prepareMysql, prepareRedis } from '../infrastructure/prepare.ts';
import type { Rendered } from '../infrastructure/render.ts';
import { portTaken } from '../infrastructure/system.ts';
import type { ServiceTemplate } from '../infrastructure/templates.ts';
import { consolePort, freePort, identityPort } from '../paths.ts';
import { type Addresses, type Profile, type Progress, seconds } from '../process.ts';
import type { Child } from './child.ts';
import type { Processes } from './processes.ts';
import { processStatus } from './report.ts';
import { consoleSpec, identitySpec } from './services.ts';
import type { ProcessStatus } from './status.ts';

const IDENTITY = 'identity';

/** What runs beside the services of a home: the stores and the broker, and where they are wanted the console, the OpenID provider and Sentry. */
export class Surroundings {
  readonly #processes: Processes;
  readonly #profile: Profile;
  readonly #progress: Progress;
  readonly #secret: string | undefined;
  readonly #infra = new Map<string, Child>();
  #infrastructure: Infrastructure | undefined;
  #authority: Authority | undefined;
  #console: Child | undefined;

  /** @param secret with which the console calls services that ask for tokens */
  constructor(processes: Processes, profile: Profile, progress: Progress, secret: string | undefined) {
    this.#processes = processes;
    this.#profile = profile;
    this.#progress = progress;
    this.#secret = secret;
  }

  /** Undefined until the infrastructure was started. */
  get addresses(): Addresses | undefined {
    return this.#infrastructure?.addresses;
  }

  /** Whether gateways that are started now ask for tokens of the OpenID provider. */
  get hasIdentity(): boolean {
    return this.#infra.has(IDENTITY);
  }

  /** Of infrastructure; the console goes by its own name. */
  get ids(): string[] {
    return [...this.#infra.keys()];
  }

  find(id: string): Child | undefined {
    return id === 'console' ? this.#console : this.#infra.get(id);
  }

  status(): { infrastructure: ProcessStatus[]; console: ProcessStatus | null } {
    return {
      infrastructure: [...this.#infra.values()].map(processStatus),
      console: this.#console ? processStatus(this.#console) : null,
    };
  }

  /**
   * Starts the stores and the broker, or makes in those that run what further systems need.
   * @param brokers how many of Kafka are started; undefined: as many as this home had before, at first one
   */
  async start(systems: string[], brokers?: 1 | 3): Promise<Addresses> {
    if (this.#infrastructure) {
      const { redis, mysql, kafka } = this.#infrastructure.addresses;
      await Promise.all([
        prepareRedis(redis, this.#profile, systems),
        mysql && prepareMysql(mysql, this.#profile, systems),
        kafka && prepareKafka({ bootstrapBrokers: kafka }, systems),
      ]);
      return this.#infrastructure.addresses;
    }
    this.#infrastructure = await infrastructure(this.#profile, systems, this.#progress, brokers);
    const children = this.#infrastructure.specs.map((spec) => this.#processes.make(spec));
    for (const child of children) this.#infra.set(child.spec.id, child);
    const started = Date.now();
    this.#processes.start(children);
    await this.#processes.healthy(children);
    await this.#infrastructure.prepare();
    const names = children.map(({ spec }) => `${spec.id} on port ${spec.port}`).join(', ');
    if (names) this.#progress(`${names} (${seconds(started)})`);
    return this.#infrastructure.addresses;
  }

  /** Does not wait until it is healthy. */
  async startConsole(): Promise<void> {
    if (this.#console) return;
    if ((await freePort(consolePort)) !== consolePort) throw new Error(portTaken(consolePort, 'the console'));
    this.#console = this.#processes.make(consoleSpec(await buildConsole(), this.#secret));
    this.#processes.start([this.#console]);
  }

  /** The gateways that are started from now on ask for its tokens. */
  async startIdentity(): Promise<void> {
    if (this.hasIdentity) return;
    if ((await freePort(identityPort)) !== identityPort)
      throw new Error(portTaken(identityPort, 'the OpenID provider'));
    const child = this.#processes.make(identitySpec());
    this.#infra.set(IDENTITY, child);
    this.#processes.start([child]);
    await this.#processes.healthy([child]);
  }

  /** The sidecars that are started from now on speak mTLS to each other, and take calls of who may call alone. */
  async startAuthority(): Promise<void> {
    if (this.#authority) return;
    const { authority } = await import('../infrastructure/authority.ts');
    const found = await authority(this.#progress);
    const child = this.#processes.make(found.spec);
    this.#infra.set(child.spec.id, child);
    this.#processes.start([child]);
    await this.#processes.healthy([child]);
    this.#authority = found;
  }

  /** What the sidecars of services are told for it, by app id; nothing where it was not started. */
  async enrol(services: readonly ServiceTemplate[], rendered: Rendered): Promise<ReadonlyMap<string, Enrolment>> {
    const enrolled = new Map<string, Enrolment>();
    if (this.#authority)
      for (const service of services) enrolled.set(service.appId, await this.#authority.enrol(service, rendered));
    return enrolled;
  }
}
