import type { Sidecar } from '../dapr/sidecar.ts';
import type { Records } from '../persistence/records.ts';
import type { Context } from './context.ts';

/** What a service's own files get to work with. */
export interface Kit<C = Record<string, unknown>> {
  readonly records: Records;
  readonly sidecar: Sidecar;
  /** The configuration now in force. */
  readonly config: () => C;
  /** Time, chance and unique names: what a service uses instead of the machine's, so that a simulation can decide it. */
  readonly context: Context;
}
