import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Profile } from '../../run/process.ts';
import { type Progress, progressOf, type Standing, standingOf } from '../../run/supervisor/progress.ts';
import type { ProcessStatus, ServiceStatus, Status } from '../../run/supervisor/status.ts';
import { headersWith } from '../../run/tokens.ts';
import { ask } from './ask.ts';
import type { Runs, Way } from './runs.ts';

/** A service that the chart names: each address of its host is a pod of it. */
interface Listed {
  readonly appId: string;
  readonly system: string;
  readonly service: string;
  readonly host: string;
  readonly port: number;
}

/** Addresses of a host. @throws Error with a code, as node:dns says it */
type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

export interface ClusterOptions {
  /** `<app id>=<host>:<port>`, parted by commas. */
  readonly services: string;
  readonly profile: Profile;
  /** A folder with a file for each app id, which holds the token that the service asks for; empty: none asks. */
  readonly tokens: string;
  readonly lookup?: Lookup;
}

/** How often pods are looked at, in milliseconds, while somebody looks at a page. */
const LOOK_MS = 2_000;
const WITHIN_MS = 2_000;
const SERVICE = /^(([a-z0-9]+)-([a-z0-9-]+))=([a-z0-9.-]+):(\d{1,5})$/;

function listed(text: string): Listed[] {
  return text.split(',').map((one) => {
    const [, appId = '', system = '', service = '', host = '', port] = SERVICE.exec(one.trim()) ?? [];
    if (!port)
      throw new Error(`CONSOLE_SERVICES must be <system>-<service>=<host>:<port>, parted by commas, not "${one}".`);
    return { appId, system, service, host, port: Number(port) };
  });
}

/**
 * What runs in a namespace, as the names of its pods and their own words tell it. It has no right in the cluster and asks
 * the Kubernetes API nothing.
 */
export class InCluster implements Runs {
  readonly hasLogs = false;
  private readonly services: readonly Listed[];
  private readonly lookup: Lookup;
  /** By app id: found at the last look. */
  private readonly addresses = new Map<string, readonly string[]>();
  /** By instance. */
  private readonly ways = new Map<string, Way>();
  private status: Status | undefined;
  private looking: Promise<void> | undefined;
  private lookedAt = 0;

  /** @throws Error with a sentence where the list of services is none */
  constructor(private readonly options: ClusterOptions) {
    this.services = listed(options.services);
    this.lookup = options.lookup ?? ((host) => lookup(host, { all: true }));
  }

  async now(): Promise<Status | undefined> {
    if (Date.now() - this.lookedAt > LOOK_MS)
      this.looking ??= this.look().finally(() => {
        this.looking = undefined;
      });
    // Pods that do not answer hold up the first answer alone.
    if (!this.status) await this.looking;
    return this.status;
  }

  wayTo({ instance, port }: ServiceStatus): Way {
    return this.ways.get(instance) ?? { host: '127.0.0.1', port, headers: {} };
  }

  private async look(): Promise<void> {
    const services = (await Promise.all(this.services.map((one) => this.podsOf(one)))).flat();
    this.lookedAt = Date.now();
    this.status = {
      ...{ pid: 0, home: '', profile: this.options.profile, tokens: this.options.tokens !== '' },
      systems: [...new Set(this.services.map(({ system }) => system))],
      ...{ phase: 'up', reason: null, redis: null, services, infrastructure: [], console: null },
    };
  }

  private async podsOf(service: Listed): Promise<ServiceStatus[]> {
    const { appId, host, port } = service;
    const [found, token] = await Promise.all([this.find(service), this.tokenOf(appId)]);
    if (found.length === 0) return [this.rowOf(service, 1, appId, undefined)];
    // The mesh knows by the name, not by the address, which service is asked, and speaks its mTLS.
    const headers = { host: `${host}:${port}`, ...headersWith(token) };
    return Promise.all(
      found.map(async (address, at) => {
        const instance = `${appId} ${address}`;
        const way = { host: address, port, headers };
        this.ways.set(instance, way);
        return this.rowOf(service, at + 1, instance, progressOf(await standing(way, service.service)));
      }),
    );
  }

  /** The addresses of its pods; where names are not told just now, those from before. */
  private async find({ appId, host }: Listed): Promise<readonly string[]> {
    const before = this.addresses.get(appId) ?? [];
    const now = await this.lookup(host).then(
      (found) => [...new Set(found.map(({ address }) => address))].sort(),
      ({ code }: NodeJS.ErrnoException) => (code === 'ENOTFOUND' ? [] : before),
    );
    for (const address of before) if (!now.includes(address)) this.ways.delete(`${appId} ${address}`);
    this.addresses.set(appId, now);
    return now;
  }

  private async tokenOf(appId: string): Promise<string> {
    const { tokens } = this.options;
    return tokens ? (await readFile(join(tokens, appId), 'utf8').catch(() => '')).trim() : '';
  }

  /** @param progress undefined: it has no pod */
  private rowOf(service: Listed, replica: number, instance: string, progress: Progress | undefined): ServiceStatus {
    const { appId, system, port } = service;
    const state = progress ? (progress.healthy ? 'healthy' : 'unhealthy') : 'stopped';
    const figures = { pid: null, port, restarts: 0, memoryMiB: null };
    const process: ProcessStatus = { id: instance, state, ...figures, lastExit: null };
    return {
      ...{ appId, system, service: service.service, replica, instance, state },
      ...{ progress: progress?.words ?? 'it has no pod', healthy: progress?.healthy ?? false },
      ...{ ...figures, sidecarPid: null, daprHttpPort: 0, grpcPort: null },
      ...{ profile: this.options.profile, app: process, sidecar: process },
    };
  }
}

/** What a pod says of itself; undefined: it does not answer in time. */
async function standing(way: Way, service: string): Promise<Standing | undefined> {
  // A gateway says only whether it is ready.
  const path = service === 'gateway' ? '/readyz' : '/status';
  try {
    const { status, text } = await ask({ ...way, path }, WITHIN_MS);
    if (service === 'gateway') return { ready: status === 204, waitingFor: 'its sidecar' };
    if (status === 403) return { ready: false, waitingFor: 'the console to have its token, or the right to ask' };
    return standingOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
