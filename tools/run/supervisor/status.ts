import type { Profile } from '../process.ts';

export type State = 'stopped' | 'starting' | 'healthy' | 'unhealthy' | 'crashed' | 'stopping';

export type Action = 'start' | 'stop' | 'restart' | 'kill';
export const actions: readonly Action[] = ['start', 'stop', 'restart', 'kill'];
/** A service is an app and its sidecar, as a pod is. */
export type Part = 'app' | 'sidecar' | 'both';

export interface ProcessStatus {
  id: string;
  state: State;
  pid: number | null;
  port: number;
  restarts: number;
  memoryMiB: number | null;
  lastExit: string | null;
}

export interface ServiceStatus {
  appId: string;
  system: string;
  service: string;
  replica: number;
  instance: string;
  /** Of its processes. */
  state: State;
  /** Whether it makes progress, in words; null while its processes do not run, or nobody has looked yet. */
  progress: string | null;
  /** It runs, is ready and stands nowhere still. */
  healthy: boolean;
  pid: number | null;
  sidecarPid: number | null;
  port: number;
  daprHttpPort: number;
  /** Where a gateway serves gRPC; null: nowhere. */
  grpcPort: number | null;
  /** Crashes of the app and of its sidecar. */
  restarts: number;
  memoryMiB: number | null;
  profile: Profile;
  app: ProcessStatus;
  sidecar: ProcessStatus;
}

export interface Status {
  pid: number;
  home: string;
  profile: Profile;
  /** Whether services and sidecars ask each other for tokens. */
  tokens: boolean;
  systems: string[];
  phase: 'starting' | 'up' | 'failed' | 'stopping';
  /** Why it failed. */
  reason: string | null;
  redis: { host: string; port: number } | null;
  services: ServiceStatus[];
  infrastructure: ProcessStatus[];
  /** Null: it was started without one. */
  console: ProcessStatus | null;
}

/** Number of replicas by app id; 1 where nothing is said. */
export interface StartRequest {
  systems: string[];
  replicas: Record<string, number>;
  /** Whether the console is wanted; once it runs, it stays. */
  console: boolean;
  /** Whether gateways ask for tokens of an OpenID provider that is started with them; once it runs, it stays. */
  auth?: boolean;
  /** Whether sidecars that are started now speak mTLS to each other, under access control. */
  mtls?: boolean;
  /** Whether the gateways that are started now are to be reached by gRPC, too. */
  grpc?: boolean;
  /** How many brokers of Kafka are started; undefined: as many as this home had before, at first one. */
  brokers?: 1 | 3;
}

export interface UpOptions extends StartRequest {
  profile: Profile;
  detach: boolean;
  watch: boolean;
  /** Whether services and sidecars ask each other for tokens, from the start of the runner to its end. */
  tokens?: boolean;
}
