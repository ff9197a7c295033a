import { build } from '../infrastructure/build.ts';
import { renderComponents } from '../infrastructure/render.ts';
import { readTemplates } from '../infrastructure/templates.ts';
import { home } from '../paths.ts';
import { type Profile, type Progress, seconds } from '../process.ts';
import { daprd } from '../provision/daprd.ts';
import { servicesNode } from '../provision/node.ts';
import { python } from '../provision/python.ts';
import { type Observed, Observer } from './observer.ts';
import { place } from './placement.ts';
import { Processes } from './processes.ts';
import { type Running, serviceStatus } from './report.ts';
import { RunningServices } from './running.ts';
import { instanceOf } from './services.ts';
import type { Action, Part, StartRequest, Status } from './status.ts';
import { Surroundings } from './surroundings.ts';

/** Starts and watches everything of one home: infrastructure, and per service replica an app and its sidecar. */
export class Supervisor {
  readonly profile: Profile;
  readonly #progress: Progress;
  readonly #secret: string | undefined;
  readonly #processes: Processes;
  readonly #surroundings: Surroundings;
  readonly #services: RunningServices;
  #systems: string[] = [];
  #observer: Observer | undefined;
  #phase: Status['phase'] = 'starting';
  #reason: string | undefined;
  #starting: Promise<void> = Promise.resolve();
  #ending: Promise<void> | undefined;

  /** @param secret of the tokens for which services and sidecars ask; undefined: for none */
  constructor(profile: Profile, progress: Progress, secret?: string) {
    this.profile = profile;
    this.#progress = progress;
    this.#secret = secret;
    this.#processes = new Processes(progress);
    this.#surroundings = new Surroundings(this.#processes, profile, progress, secret);
    this.#services = new RunningServices(this.#processes, secret);
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
      redis: this.#surroundings.addresses?.redis ?? null,
      services: this.#services.all.map((one) => serviceStatus(one, this.profile, this.#observer?.of(instanceOf(one)))),
      ...this.#surroundings.status(),
    };
  }

  /** Starts what is missing; resolves when all of it is healthy. One after the other when called again meanwhile. */
  up(request: StartRequest): Promise<void> {
    this.#phase = 'starting';
    this.#processes.record();
    this.#starting = this.#starting
      .catch(() => undefined)
      .then(async () => {
        try {
          await this.#up(request);
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

  async #up({ systems, replicas, console, auth, grpc = false, mtls = false, brokers }: StartRequest): Promise<void> {
    const fresh = systems.filter((system) => !this.#systems.includes(system));
    const running = this.#services.templates;
    // Of a system that runs, the services it has got since then.
    const missing = (await readTemplates(systems)).filter(
      ({ appId }) => !running.some((service) => service.appId === appId),
    );
    const known = [...running, ...missing];
    for (const appId of Object.keys(replicas)) {
      if (!known.some((service) => service.appId === appId))
        throw new Error(`There is no service "${appId}" in ${systems.join(', ') || 'what runs'}.`);
    }
    const countOf = (appId: string) => running.filter((service) => service.appId === appId).length;
    const added = await place(known, replicas, countOf, grpc);
    if (console) await this.#surroundings.startConsole();
    if (auth) await this.#surroundings.startIdentity();
    if (mtls) await this.#surroundings.startAuthority();

    const changed = [...new Set(missing.map(({ system }) => system))];
    const [sidecarProgram, nodeProgram, pythonProgram, addresses] = await Promise.all([
      daprd(this.#progress),
      added.some(({ service }) => service.command[0] === 'node') ? servicesNode(this.#progress) : undefined,
      added.some(({ service }) => service.command[0] === 'python3') ? python() : undefined,
      this.#surroundings.start(fresh, brokers),
      changed.length ? this.#build(changed) : undefined,
    ]);
    this.#systems = [...this.#systems, ...fresh];
    const rendered = await renderComponents(this.profile, this.#systems, addresses);
    const means = {
      daprd: sidecarProgram.command,
      interpreters: { node: nodeProgram?.command[0] ?? 'node', python: pythonProgram?.command[0] ?? 'python3' },
      rendered,
      hasIdentity: this.#surroundings.hasIdentity,
      enrolled: await this.#surroundings.enrol(
        added.map(({ service }) => service),
        rendered,
      ),
    };

    const started = Date.now();
    const page = this.#surroundings.find('console');
    await this.#processes.healthy([...this.#services.start(added, means), ...(page ? [page] : [])]);
    this.#observer ??= new Observer(addresses, () => this.#services.all.map(observed), this.#secret);
    if (added.length)
      this.#progress(
        `${added.length} ${added.length === 1 ? 'service is' : 'services are'} healthy (${seconds(started)})`,
      );
  }

  async #build(systems: string[]): Promise<void> {
    const started = Date.now();
    await build(systems);
    this.#progress(`services built (${seconds(started)})`);
  }

  /** An app id means all its replicas, `<app-id>-<n>` one of them; infrastructure goes by its own ids. */
  async act(id: string, action: Action, part: Part): Promise<void> {
    const beside = this.#surroundings.find(id);
    if (beside) return this.#processes.act([beside], action);
    if (await this.#services.act(id, action, part)) return;
    const known = [...new Set(this.#services.templates.map(({ appId }) => appId)), ...this.#surroundings.ids];
    throw new Error(`"${id}" does not run here; there is ${known.join(', ')}.`);
  }

  /** Restarts the apps of these app ids one replica after the other, so that a service with several stays available. */
  restartApps(appIds: readonly string[]): Promise<void> {
    return this.#services.restartApps(appIds);
  }

  /** Drains and stops everything; resolves when all is gone. */
  down(): Promise<void> {
    this.#ending ??= this.#down();
    return this.#ending;
  }

  async #down(): Promise<void> {
    this.#phase = 'stopping';
    this.#processes.end();
    await this.#observer?.close();
    await this.#processes.stop(this.#services.inStopOrder());
  }

  /** Without draining. */
  killAll(): void {
    this.#processes.kill();
  }
}

const observed = (running: Running): Observed => ({
  appId: running.service.appId,
  system: running.service.system,
  instance: instanceOf(running),
  isEntrance: running.service.name === 'gateway',
  port: running.ports.app,
  isUp: running.app.state === 'healthy' && running.sidecar.state === 'healthy',
});
