import { randomUUID } from 'node:crypto';
import { type Clock, realClock } from './clock.ts';

/** What a service gets from the machine it runs on. A simulation hands in its own, and nothing else is left to chance. */
export interface Context {
  readonly clock: Clock;
  /** A number from 0 up to 1, as Math.random gives it. */
  random(): number;
  /** A text that nobody else gets, of letters, digits and dashes. */
  id(): string;
}

/** Time and chance of this machine. */
export const realContext: Context = { clock: realClock, random: Math.random, id: randomUUID };
