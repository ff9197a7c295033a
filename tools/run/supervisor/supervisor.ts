import type { Authority } from '../infrastructure/authority.ts';
import { build, buildConsole } from '../infrastructure/build.ts';
import { type Infrastructure, infrastructure } from '../infrastructure/infra.ts';
import { prepareKafka, prepareMysql, prepareRedis } from '../infrastructure/prepare.ts';
import { renderComponents } from '../infrastructure/render.ts';
import { forget, type Recorded, record } from '../infrastructure/runfile.ts';
import { memoryOf, portTaken, startOf } from '../infrastructure/system.ts';
import { readTemplate, type ServiceTemplate } from '../infrastructure/templates.ts';
import { consolePort, freePort, home, identityPort } from '../paths.ts';
import type { ProcessSpec, Profile, Progress } from '../process.ts';
import { daprd } from '../provision/daprd.ts';
import { python } from '../provision/python.ts';
import { CannotStart, Child } from './child.ts';
import { lastLines, logFile } from './logs.ts';
import { Observer } from './observer.ts';
import {
  appSpec,
  consoleSpec,
  defaultPorts,
  guarded,
  guardedFrom,
  identitySpec,
  instanceOf,
  type Replica,
  sidecarSpec,
} from './services.ts';
import type { Action, Part, ProcessStatus, State, Status, Wish } from './status.ts';

interface Service extends Replica {
  app: Child;
  sidecar: Child;
}

const IDENTITY = 'identity';

/** From the start of a process until it answers; downloads and builds are not counted. */
const startLimitMs = 120_000;

const processStatus = (child: Child): ProcessStatus => ({
  id: child.spec.id,
  state: child.state,
  pid: child.pid ?? null,
  port: child.spec.port,
  restarts: child.restarts,
  memoryMiB: (child.pid && memoryOf(child.pid)) || null,
  lastExit: child.lastExit ?? null,
});

/** The worse of the two tells how the service is. */
function combined(app: State, sidecar: State): State {
  const order: State[] = ['crashed', 'stopped', 'stopping', 'starting', 'unhealthy', 'healthy'];
  return order.find((state) => state === app || state === sidecar) ?? 'healthy';
}

/** Starts and watches everything of one home: infrastructure, and per service replica an app and its sidecar. */
export class Supervisor {
  readonly profile: Profile;
  readonly #progress: Progress;
  readonly #secret: string | undefined;
  readonly #infra = new Map<string, Child>();
  readonly #services: Service[] = [];
  #systems: string[] = [];
  #infrastructure: Infrastructure | undefined;
  #authority: Authority | undefined;
  #observer: Observer | undefined;
  #console: Child | undefined;
  #phase: Status['phase'] = 'starting';
  #reason: string | undefined;
  #starting: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;

  /** @param secret of the tokens for which services and sidecars ask; undefined: for none */
  constructor(profile: Profile, progress: Progress, secret?: string) {
    this.profile = profile;
    this.#progress = progress;
    this.#secret = secret;
  }

  get systems(): string[] {
    return this.#systems;
  }

  status(): Status {
    return {
      pid: process.pid,
      home,
      profile: this.profile,
      tokens: this.#secret !== undefined,
      systems: this.#systems,
      phase: this.#phase,
      reason: this.#reason ?? null,
      redis: this.#infrastructure?.addresses.redis ?? null,
      services: this.#services.map((service) => {
        const app = processStatus(service.app);
        const sidecar = processStatus(service.sidecar);
        const state = combined(app.state, sidecar.state);
        const progress = state === 'healthy' ? this.#observer?.of(instanceOf(service)) : undefined;
        return {
          appId: service.service.appId,
          system: service.service.system,
          service: service.service.name,
          replica: service.number,
          instance: instanceOf(service),
          state,
          progress: progress?.words ?? null,
          healthy: state === 'healthy' && progress?.healthy !== false,
          pid: app.pid,
          sidecarPid: sidecar.pid,
          port: service.ports.app,
          daprHttpPort: service.ports.http,
          grpcPort: service.grpcPort ?? null,
          restarts: app.restarts + sidecar.restarts,
          memoryMiB: app.memoryMiB && sidecar.memoryMiB && Math.round((app.memoryMiB + sidecar.memoryMiB) * 10) / 10,
          profile: this.profile,
          app,
          sidecar,
        };
      }),
      infrastructure: [...this.#infra.values()].map(processStatus),
      console: this.#console ? processStatus(this.#console) : null,
    };
  }

  /** Starts what is missing; resolves when all of it is healthy. One after the other when called again meanwhile. */
  up(wish: Wish): Promise<void> {
    this.#phase = 'starting';
    this.#record();
    this.#starting = this.#starting
      .catch(() => undefined)
      .then(async () => {
        try {
          await this.#up(wish);
          this.#phase = 'up';
        } catch (error) {
          if (this.#ending) return;
          this.#phase = 'failed';
          this.#reason = error instanceof Error ? error.message : String(error);
          throw error;
        }
      });
    return this.#starting;
  }

  async #up({ systems, replicas, console, auth, grpc = false, mtls = false }: Wish): Promise<void> {
    const fresh = systems.filter((system) => !this.#systems.includes(system));
    const running = this.#services.map(({ service }) => service);
    // Of a system that runs, the services it has got since then.
    const templates = (await Promise.all(systems.map(readTemplate)))
      .flat()
      .filter(({ appId }) => !running.some((service) => service.appId === appId));
    const known = [...running, ...templates];
    const changed = [...new Set(templates.map(({ system }) => system))];
    for (const appId of Object.keys(replicas)) {
      if (!known.some((service) => service.appId === appId))
        throw new Error(`There is no service "${appId}" in ${systems.join(', ') || 'what runs'}.`);
    }
    const added = await this.#place(known, replicas, grpc);
    if (console) await this.#startConsole();
    if (auth) await this.#startIdentity();
    if (mtls) await this.#startAuthority();

    const [sidecarProgram, pythonProgram] = await Promise.all([
      daprd(this.#progress),
      added.some(({ service }) => service.command[0] === 'python3') ? python() : undefined,
      this.#startInfrastructure(fresh),
      changed.length ? this.#build(changed) : undefined,
    ]);
    this.#systems = [...this.#systems, ...fresh];
    if (!this.#infrastructure) throw new Error('The infrastructure is not there.');
    const rendered = await renderComponents(this.profile, this.#systems, this.#infrastructure.addresses);

    const started = Date.now();
    const children: Child[] = [];
    for (const replica of added) {
      const tokens = guardedFrom(this.#secret, replica);
      const more = { ...tokens, ...(this.#infra.has(IDENTITY) ? guarded(replica) : {}) };
      const app = this.#child(appSpec(replica, pythonProgram?.command[0] ?? 'python3', more));
      const mutual = await this.#authority?.enrol(replica.service, rendered);
      const program = [...sidecarProgram.command, ...(mutual?.flags ?? [])];
      const sidecar = this.#child(
        sidecarSpec(replica, program, mutual?.rendered ?? rendered, { ...tokens, ...mutual?.env }),
      );
      this.#services.push({ ...replica, app, sidecar });
      children.push(sidecar, app);
    }
    this.#start(children);
    await this.#healthy([...children, ...(this.#console ? [this.#console] : [])]);
    this.#observer ??= new Observer(this.#infrastructure.addresses, () => this.#observed(), this.#secret);
    if (added.length)
      this.#progress(
        `${added.length} ${added.length === 1 ? 'service is' : 'services are'} healthy (${seconds(started)})`,
      );
  }

  #observed() {
    return this.#services.map((service) => ({
      appId: service.service.appId,
      system: service.service.system,
      instance: instanceOf(service),
      isEntrance: service.service.name === 'gateway',
      port: service.ports.app,
      isUp: service.app.state === 'healthy' && service.sidecar.state === 'healthy',
    }));
  }

  /** Which replicas are missing, and their ports; a gateway's for gRPC is the one above that for HTTP. */
  async #place(known: ServiceTemplate[], replicas: Record<string, number>, grpc: boolean): Promise<Replica[]> {
    const added: Replica[] = [];
    for (const service of new Set(known)) {
      const there = this.#services.filter((other) => other.service.appId === service.appId).length;
      const wanted = Math.max(replicas[service.appId] ?? 1, there);
      for (let number = there + 1; number <= wanted; number++) {
        const ports = defaultPorts(service, number);
        for (const name of Object.keys(ports) as (keyof typeof ports)[]) {
          // Those of a third would be a second's, or a first's of another kind.
          const port = await freePort(number > 2 ? undefined : ports[name]);
          // People find a service at its port; a sidecar is found by its app, and a further replica by the sidecars.
          if (port !== ports[name] && number === 1 && name === 'app')
            throw new Error(portTaken(ports[name], service.appId));
          ports[name] = port;
        }
        const isReached = grpc && service.name === 'gateway';
        added.push({ service, number, ports, ...(isReached ? { grpcPort: await grpcPortOf(service, number) } : {}) });
      }
    }
    return added;
  }

  async #startConsole(): Promise<void> {
    if (this.#console) return;
    if ((await freePort(consolePort)) !== consolePort) throw new Error(portTaken(consolePort, 'the console'));
    this.#console = this.#child(consoleSpec(await buildConsole(), this.#secret));
    this.#start([this.#console]);
  }

  /** The gateways that are started from now on ask for its tokens. */
  async #startIdentity(): Promise<void> {
    if (this.#infra.has(IDENTITY)) return;
    if ((await freePort(identityPort)) !== identityPort)
      throw new Error(portTaken(identityPort, 'the OpenID provider'));
    const child = this.#child(identitySpec());
    this.#infra.set(IDENTITY, child);
    this.#start([child]);
    await this.#healthy([child]);
  }

  /** The sidecars that are started from now on speak mTLS to each other, and take calls of who may call alone. */
  async #startAuthority(): Promise<void> {
    if (this.#authority) return;
    const { authority } = await import('../infrastructure/authority.ts');
    const found = await authority(this.#progress);
    const child = this.#child(found.spec);
    this.#infra.set(child.spec.id, child);
    this.#start([child]);
    await this.#healthy([child]);
    this.#authority = found;
  }

  async #build(systems: string[]): Promise<void> {
    const started = Date.now();
    await build(systems);
    this.#progress(`services built (${seconds(started)})`);
  }

  async #startInfrastructure(systems: string[]): Promise<void> {
    if (this.#infrastructure) {
      const { redis, mysql, kafka } = this.#infrastructure.addresses;
      await Promise.all([
        prepareRedis(redis, this.profile, systems),
        mysql && prepareMysql(mysql, this.profile, systems),
        kafka && prepareKafka(kafka, systems),
      ]);
      return;
    }
    this.#infrastructure = await infrastructure(this.profile, systems, this.#progress);
    const children = this.#infrastructure.specs.map((spec) => this.#child(spec));
    for (const child of children) this.#infra.set(child.spec.id, child);
    const started = Date.now();
    this.#start(children);
    await this.#healthy(children);
    await this.#infrastructure.prepare();
    const names = children.map(({ spec }) => `${spec.id} on port ${spec.port}`).join(', ');
    if (names) this.#progress(`${names} (${seconds(started)})`);
  }

  #start(children: Child[]): void {
    if (this.#ending) throw new Error('It was stopped while it started.');
    for (const child of children) child.start();
  }

  /** Waits for all; the first that fails is named with the end of its log. */
  async #healthy(children: Child[]): Promise<void> {
    await Promise.all(
      children.map((child) =>
        child.whenHealthy(startLimitMs).catch((error: unknown) => {
          if (error instanceof CannotStart) throw error;
          const reason = error instanceof Error ? error.message : String(error);
          const log = lastLines(child.spec.id, 8).map((line) => `  ${line}`);
          throw new Error([`${reason}. The end of ${child.logFile}:`, ...log].join('\n'));
        }),
      ),
    );
  }

  #child(spec: ProcessSpec): Child {
    const child = new Child(spec, logFile(spec.id));
    let before: State = 'stopped';
    child.on('change', () => {
      this.#record();
      if (child.state === 'crashed') this.#progress(`${spec.id} ended (${child.lastExit}) and is started again`);
      if (child.state === 'healthy' && child.restarts && before !== 'unhealthy')
        this.#progress(`${spec.id} is healthy again (restart ${child.restarts})`);
      before = child.state;
    });
    return child;
  }

  #children(): Child[] {
    const services = this.#services.flatMap(({ app, sidecar }) => [app, sidecar]);
    return [...this.#infra.values(), ...services, ...(this.#console ? [this.#console] : [])];
  }

  /** What `down` and the next `up` need to know should this process be killed. */
  #record(): void {
    const entry = (id: string, kind: Recorded['kind'], pid: number | undefined): Recorded[] => {
      const start = pid && startOf(pid);
      return pid && start ? [{ id, kind, pid, start }] : [];
    };
    record([
      ...entry('supervisor', 'supervisor', process.pid),
      ...this.#children().flatMap(({ spec, pid }) => entry(spec.id, spec.kind, pid)),
    ]);
  }

  /** An app id means all its replicas, `<app-id>-<n>` one of them; infrastructure goes by its own ids. */
  async act(id: string, action: Action, part: Part): Promise<void> {
    const infra = id === 'console' ? this.#console : this.#infra.get(id);
    if (infra) return this.#actOn([infra], action);
    const services = this.#services.filter((one) => one.service.appId === id || instanceOf(one) === id);
    if (!services.length) {
      const known = [...new Set(this.#services.map(({ service }) => service.appId)), ...this.#infra.keys()];
      throw new Error(`"${id}" does not run here; there is ${known.join(', ')}.`);
    }
    // A replica that somebody stopped stays so until it is started: half of it would wait for the other half.
    const running = services.filter(({ app, sidecar }) => app.state !== 'stopped' || sidecar.state !== 'stopped');
    await Promise.all(
      (action === 'restart' && running.length > 0 ? running : services).map(({ app, sidecar }) =>
        this.#actOn(part === 'app' ? [app] : part === 'sidecar' ? [sidecar] : [app, sidecar], action),
      ),
    );
  }

  async #actOn(children: Child[], action: Action): Promise<void> {
    if (action === 'kill') for (const child of children) child.kill();
    // An app finishes its requests while its sidecar still answers.
    if (action === 'stop' || action === 'restart') for (const child of children) await child.stop();
    if (action === 'start' || action === 'restart') {
      this.#start(children);
      await this.#healthy(children);
    }
  }

  /** Restarts the apps of these app ids one replica after the other, so that a service with several stays available. */
  async restartApps(appIds: string[]): Promise<void> {
    for (const { app, service } of this.#services)
      if (appIds.includes(service.appId) && app.state !== 'stopped') await this.#actOn([app], 'restart');
  }

  /** Drains and stops everything; resolves when all is gone. */
  down(): Promise<void> {
    this.#ending ??= this.#down();
    return this.#ending;
  }

  async #down(): Promise<void> {
    this.#phase = 'stopping';
    await this.#observer?.close();
    const stop = (children: Child[]) => Promise.all(children.map((child) => child.stop()));
    const isEntrance = ({ service }: Service) => service.name === 'gateway';
    // From the outside in: no request meets a service that is gone already.
    await stop(this.#services.filter(isEntrance).map(({ app }) => app));
    await stop(this.#services.map(({ app }) => app));
    await stop(this.#services.map(({ sidecar }) => sidecar));
    await stop([...this.#infra.values(), ...(this.#console ? [this.#console] : [])]);
    forget();
  }

  /** Without draining. */
  killAll(): void {
    for (const child of this.#children()) child.kill();
    forget();
  }
}

/** @throws when somebody else has the port at which people look for it */
async function grpcPortOf(service: ServiceTemplate, number: number): Promise<number> {
  const wanted = defaultPorts(service, number).app + 1;
  const port = await freePort(number > 2 ? undefined : wanted);
  if (port !== wanted && number === 1) throw new Error(portTaken(wanted, `gRPC of ${service.appId}`));
  return port;
}

const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
