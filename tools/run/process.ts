/** What the supervisor needs to know to start, watch and stop a process. */
export interface ProcessSpec {
  id: string;
  kind: 'infra' | 'app' | 'sidecar';
  command: string[];
  env: Record<string, string>;
  cwd: string;
  port: number;
  ready(): Promise<boolean>;
  stopSignal: NodeJS.Signals;
  stopTimeoutMs: number;
}

export type Profile = 'light' | 'full';

export interface Addresses {
  redis: { host: string; port: number };
  mysql?: { host: string; port: number; user: string; password: string };
  /** host:port of each broker. */
  kafka?: string[];
}

/** What a person sees during downloads and builds. */
export type Progress = (line: string) => void;

/** How long ago that was, for people. */
export const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`;
