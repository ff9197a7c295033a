/** What the driver and a process under its orders tell each other: orders once, by the environment, and lines in answer. */
import { writeSync } from 'node:fs';

/** Names of what can go wrong at one call to the sidecar. */
export type Trouble = 'none' | 'before' | 'mid' | 'after' | 'lost' | 'drop' | 'late' | 'cut';

/** What the driver tells a process, in the environment variable VICTIM. */
export interface Orders {
  readonly port: number;
  readonly appId: string;
  readonly instance: string;
  /** `recover`: start, wait until told, then run the scenario again as a client or broker would. */
  readonly life: 'run' | 'recover';
  readonly scenario: string;
  /** Which call is troubled, counted from where `countFrom` says. */
  readonly at: number;
  readonly trouble: Trouble;
  /** The first call that counts: of the start, of the command, or after the process said that it made an intent. */
  readonly countFrom: 'start' | 'command' | 'intent';
  /** Where to ask for the cut of the connection between sidecar and store. */
  readonly cutPort: number;
  /** Publishing is held back: what is committed stays in the outbox. */
  readonly mute?: boolean;
}

/** What a process says. */
export interface Line {
  readonly what: string;
  readonly [field: string]: unknown;
}

/** Says something to the driver. It is written when this returns, so a process that dies after it has said it. */
export const say = (what: string, more: object = {}): void =>
  void writeSync(1, `${JSON.stringify({ what, ...more })}\n`);
