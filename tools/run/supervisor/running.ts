import type { Enrolment } from '../infrastructure/authority.ts';
import type { Rendered } from '../infrastructure/render.ts';
import type { ServiceTemplate } from '../infrastructure/templates.ts';
import type { Child } from './child.ts';
import type { Processes } from './processes.ts';
import type { Running } from './report.ts';
import { appSpec, guarded, guardedFrom, type Interpreters, instanceOf, type Replica, sidecarSpec } from './services.ts';
import type { Action, Part } from './status.ts';

/** What the processes of services are made with. */
export interface Means {
  /** Command of daprd. */
  readonly daprd: string[];
  readonly interpreters: Interpreters;
  readonly rendered: Rendered;
  /** Whether gateways ask for tokens of the OpenID provider. */
  readonly hasIdentity: boolean;
  /** By app id: what a sidecar is told so that it speaks mTLS. */
  readonly enrolled: ReadonlyMap<string, Enrolment>;
}

/** The service replicas of a home, running or stopped. */
export class RunningServices {
  readonly #processes: Processes;
  readonly #secret: string | undefined;
  readonly #all: Running[] = [];

  /** @param secret of the tokens for which services and sidecars ask; undefined: for none */
  constructor(processes: Processes, secret: string | undefined) {
    this.#processes = processes;
    this.#secret = secret;
  }

  get all(): readonly Running[] {
    return this.#all;
  }

  /** Of each replica. */
  get templates(): ServiceTemplate[] {
    return this.#all.map(({ service }) => service);
  }

  /** @returns their processes, which are not yet healthy */
  start(replicas: readonly Replica[], { daprd, interpreters, rendered, hasIdentity, enrolled }: Means): Child[] {
    const children: Child[] = [];
    for (const replica of replicas) {
      const tokens = guardedFrom(this.#secret, replica);
      const more = { ...tokens, ...(hasIdentity ? guarded(replica) : {}) };
      const app = this.#processes.make(appSpec(replica, interpreters, more));
      const mutual = enrolled.get(replica.service.appId);
      const program = [...daprd, ...(mutual?.flags ?? [])];
      const reported = { ...tokens, ...mutual?.env };
      const sidecar = this.#processes.make(sidecarSpec(replica, program, mutual?.rendered ?? rendered, reported));
      this.#all.push({ ...replica, app, sidecar });
      children.push(sidecar, app);
    }
    this.#processes.start(children);
    return children;
  }

  /**
   * @param id an app id, which means all its replicas, or `<app-id>-<n>`, one of them
   * @returns false when there is none
   */
  async act(id: string, action: Action, part: Part): Promise<boolean> {
    const named = this.#all.filter((one) => one.service.appId === id || instanceOf(one) === id);
    // A replica that somebody stopped stays so until it is started: half of it would wait for the other half.
    const running = named.filter(({ app, sidecar }) => app.state !== 'stopped' || sidecar.state !== 'stopped');
    await Promise.all(
      (action === 'restart' && running.length > 0 ? running : named).map(({ app, sidecar }) =>
        this.#processes.act(part === 'app' ? [app] : part === 'sidecar' ? [sidecar] : [app, sidecar], action),
      ),
    );
    return named.length > 0;
  }

  /** Restarts the apps of these app ids one replica after the other, so that a service with several stays available. */
  async restartApps(appIds: readonly string[]): Promise<void> {
    for (const { app, service } of this.#all)
      if (appIds.includes(service.appId) && app.state !== 'stopped') await this.#processes.act([app], 'restart');
  }

  /** From the outside in, so that while they are stopped no request meets a service that is gone already. */
  inStopOrder(): Child[][] {
    return [
      this.#all.filter(({ service }) => service.name === 'gateway').map(({ app }) => app),
      this.#all.map(({ app }) => app),
      this.#all.map(({ sidecar }) => sidecar),
    ];
  }
}
