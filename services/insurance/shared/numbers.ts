import type { Command, Records } from '../../kit/index.ts';

/** Numbers that are the second of creation, 14 digits: docs/contracts/insurance.md#stamp-numbers */

/** Seconds since 1970 in local time. */
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000) - date.getTimezoneOffset() * 60;
const digits = (second: number): string => new Date(second * 1000).toISOString().replace(/\D/g, '').slice(0, 14);

/** yyyyMMddHHmmss, local time. */
export const stamp = (date = new Date()): string => digits(seconds(date));

/** yyyyMMdd, local time. */
export const today = (): string => stamp().slice(0, 8);

/**
 * A number nobody else has: this second, or the next free one.
 * @param command whose number it is: the repetition of a command that carries a key gets the same one
 */
export async function numberOf(records: Records, kind: string, command: Command): Promise<string> {
  const claim = { ...command, cause: `${kind}-${command.cause}` };
  return digits(await records.claimId({ name: kind }, claim, seconds(new Date())));
}
