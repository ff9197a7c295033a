import type { Subject } from '../client-session.ts';
import { academy } from './academy.ts';
import { insurance } from './insurance.ts';
import { lecture } from './lecture.ts';
import { rental } from './rental.ts';
import { reward } from './reward.ts';

/** Every system, each with a model of its clients and a judge of what came of their commands. */
export const subjects: Readonly<Record<string, () => Subject>> = { lecture, reward, academy, insurance, rental };

/** The systems of these names, or all when none is named. @throws Error when there is no such system */
export function systemsOf(named: readonly string[] = Object.keys(subjects)): readonly string[] {
  const unknown = named.find((name) => !Object.hasOwn(subjects, name));
  if (unknown !== undefined)
    throw new Error(`There is no system "${unknown}"; there is ${Object.keys(subjects).join(', ')}.`);
  return named;
}
