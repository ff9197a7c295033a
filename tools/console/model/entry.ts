import type { Activity } from '../../../services/kit/telemetry/activity.ts';

/** What one service did, as the console's server hands it on. */
export type Entry = { readonly seq: number; readonly system: string; readonly service: string; readonly at: number } & (
  | Activity
  | { readonly kind: 'leftOut'; readonly leftOut: number }
);

export type Of<K extends Entry['kind']> = Extract<Entry, { readonly kind: K }>;
