import * as client from '../../run/cli/client.ts';
import type { ServiceStatus, Status } from '../../run/supervisor/status.ts';
import { headersFor, SECRET_VARIABLE } from '../../run/tokens.ts';

/** Where a service answers the console, and with what headers. */
export interface Way {
  readonly host: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Who knows what runs, and how it is reached. */
export interface Runs {
  /** How the system is now; undefined where nobody answers. */
  now(): Promise<Status | undefined>;
  wayTo(one: ServiceStatus): Way;
  /** Whether processes write logs that the console can read. */
  readonly hasLogs: boolean;
}

/** The runner of this machine. */
export const runner: Runs = {
  now: () => client.status().catch(() => undefined),
  wayTo: ({ appId, port }) => ({
    host: '127.0.0.1',
    port,
    headers: headersFor(process.env[SECRET_VARIABLE], appId),
  }),
  hasLogs: true,
};
