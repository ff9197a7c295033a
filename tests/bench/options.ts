import type { Profile } from '../../tools/run/process.ts';

/** What can be measured; `latency` to `bare` are measured unless something else is said. */
export const PARTS = [
  'latency',
  'outbox',
  'system',
  'pages',
  'bare',
  'backlog',
  'replicas',
  'cancelled',
  'guarded',
] as const;
export type Part = (typeof PARTS)[number];
export const USUAL: readonly Part[] = ['latency', 'outbox', 'system', 'pages', 'bare'];
export const GROWTH: readonly Part[] = ['pages', 'backlog', 'replicas', 'cancelled'];
/** What two builds are compared by: what does not depend on a build is left out. */
export const COMPARED: readonly Part[] = ['latency', 'system', 'bare'];

/** What a measuring process is told by `cli.ts`. */
export interface Options {
  readonly profile: Profile;
  /** Length of each run under load. */
  readonly seconds: number;
  /** Length of the load before anything is measured. */
  readonly warm: number;
  readonly parts: readonly Part[];
  readonly cpu: boolean;
  /** Whether sidecars count their calls. */
  readonly calls: boolean;
  /** Records of the large page, events of the backlog; a twentieth of it is the registrations that are cancelled. */
  readonly size: number;
  /** How many of each service are compared with one. */
  readonly replicas: readonly number[];
  /** How often the kit and the bare services take turns. */
  readonly rounds: number;
  /** The checkout that is measured. */
  readonly root: string;
  /** A folder for the CPU profiles of this run. */
  readonly profiles?: string;
  /** A file for the figures, instead of a table. */
  readonly file?: string;
}
