import type { Sidecar } from '../dapr/sidecar.ts';
import type { Records } from '../persistence/records.ts';

/** What a service's own files get to work with. */
export interface Kit<C = Record<string, unknown>> {
  readonly records: Records;
  readonly sidecar: Sidecar;
  /** The configuration now in force. */
  readonly config: () => C;
}
