import { randomFrom } from '../crash/parts.ts';

/**
 * All chance of one simulated run. What is drawn for a label depends on the seed and the label alone, so a run from which
 * some of its troubles are left out draws the same for all others.
 */
export class Chance {
  /** The troubles that happened, in their order. */
  readonly troubles: string[] = [];

  /** @param allowed whether a trouble may happen, by its label; all may where nothing is said */
  constructor(
    readonly seed: number,
    private readonly allowed: (label: string) => boolean = () => true,
  ) {}

  /** From 0 up to 1. */
  draw(label: string): number {
    return this.stream(label)();
  }

  /** Numbers from 0 up to 1, one after the other. */
  stream(label: string): () => number {
    return randomFrom(hash(`${this.seed} ${label}`));
  }

  pick<T>(label: string, from: readonly T[]): T {
    return from[Math.floor(this.draw(label) * from.length)]!;
  }

  /** Whether a trouble happens now; it is noted with `what`. */
  strikes(label: string, probability: number, what: () => string = () => ''): boolean {
    if (probability <= 0 || this.draw(label) >= probability || !this.allowed(label)) return false;
    this.troubles.push(`${label}\t${what()}`);
    return true;
  }
}

/** FNV-1a with a finish: labels that differ in their last figure give numbers that have nothing to do with each other. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
}

/** A number from 0 up to 1 as so many hexadecimal digits. */
export const hex = (number: number, digits: number): string =>
  Math.floor(number * 16 ** digits)
    .toString(16)
    .padStart(digits, '0');
