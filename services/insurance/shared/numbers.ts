import type { Command, Kit } from '../../kit/index.ts';

/** Numbers that are the second of creation, 14 digits: docs/contracts/insurance.md#stamp-numbers */

/** Seconds since 1970 in local time. */
const seconds = (now: number): number => Math.floor(now / 1000) - new Date(now).getTimezoneOffset() * 60;
const digits = (second: number): string => new Date(second * 1000).toISOString().replace(/\D/g, '').slice(0, 14);

/** yyyyMMddHHmmss, local time. */
export const stamp = ({ context }: Pick<Kit, 'context'>): string => digits(seconds(context.clock.now()));

/** yyyyMMdd, local time. */
export const today = (kit: Pick<Kit, 'context'>): string => stamp(kit).slice(0, 8);

/**
 * A number nobody else has: this second, or the next free one.
 * @param command whose number it is: the repetition of a command that carries a key gets the same one
 */
export async function numberOf(
  { records, context }: Pick<Kit, 'records' | 'context'>,
  kind: string,
  command: Command,
): Promise<string> {
  const claim = { ...command, cause: `${kind}-${command.cause}` };
  return digits(await records.claimId({ name: kind }, claim, seconds(context.clock.now())));
}
