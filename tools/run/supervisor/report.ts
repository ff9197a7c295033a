import { memoryOf } from '../infrastructure/system.ts';
import type { Profile } from '../process.ts';
import type { Child } from './child.ts';
import type { Progress } from './progress.ts';
import { instanceOf, type Replica } from './services.ts';
import type { ProcessStatus, ServiceStatus, State } from './status.ts';

/** A replica of a service with the processes it is made of, as a pod is. */
export interface Running extends Replica {
  readonly app: Child;
  readonly sidecar: Child;
}

export const processStatus = (child: Child): ProcessStatus => ({
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

/** @param looked what the last look at it found, if there was one */
export function serviceStatus(running: Running, profile: Profile, looked: Progress | undefined): ServiceStatus {
  const { service, number, ports, grpcPort } = running;
  const app = processStatus(running.app);
  const sidecar = processStatus(running.sidecar);
  const state = combined(app.state, sidecar.state);
  const progress = state === 'healthy' ? looked : undefined;
  return {
    appId: service.appId,
    system: service.system,
    service: service.name,
    replica: number,
    instance: instanceOf(running),
    state,
    progress: progress?.words ?? null,
    healthy: state === 'healthy' && progress?.healthy !== false,
    pid: app.pid,
    sidecarPid: sidecar.pid,
    port: ports.app,
    daprHttpPort: ports.http,
    grpcPort: grpcPort ?? null,
    restarts: app.restarts + sidecar.restarts,
    memoryMiB: app.memoryMiB && sidecar.memoryMiB && Math.round((app.memoryMiB + sidecar.memoryMiB) * 10) / 10,
    profile,
    app,
    sidecar,
  };
}
