import type { Subject } from '../crash/client-session.ts';
import { Findings, type Violation } from '../crash/findings.ts';
import { shownAt } from '../crash/shown.ts';
import { type Place, takeSnapshot } from '../crash/snapshot.ts';
import { STRANGE_NUMBERS } from './terrain.ts';

/**
 * Judges as the crash test does whether all is there that the honest clients were promised. They are not alone here:
 * what the attacker made, by requests that anybody may send or by messages, is no violation.
 */
export async function judge(subject: Subject, place: Place): Promise<Violation[]> {
  const seen = await takeSnapshot(place);
  const published = seen.published.filter(({ source }) => isOfSystem(source, place.system));
  const findings = new Findings({ ...seen, published });
  await subject.judge(findings, shownAt(place));
  const { violations } = findings;
  // Records that no honest client asked for are the attacker's, whatever else is said of them.
  const attackers = new Set(violations.filter(({ what }) => STRANGERS.test(what)).map(({ about }) => about));
  return violations.filter(
    (violation) =>
      !attackers.has(violation.about) &&
      !isOfStrangeNumber(violation) &&
      !isAllowed(violation) &&
      !isAttackersLetter(violation, findings, place.system),
  );
}

/** Records that belong to a number only the attacker names: whatever its events tell of them, again and again, is its own. */
const isOfStrangeNumber = ({ about }: Violation): boolean =>
  STRANGE_NUMBERS.some((number) => about.endsWith(`-of-${number}`));

const STRANGERS = /never accepted$/;
/** What else the crash test says of records that none of its clients made. */
const ALLOWED = [
  /is a payment without a contract$/,
  /^a notice of an event that is not on the topic$/,
  /^the number of (records|my pages|rows of registrations|open lectures|my orders|deliveries|products|plans) is/,
];

const isAllowed = ({ what }: Violation): boolean =>
  ALLOWED.some((words) => words.test(what)) || /^My page shows what was never accepted/.test(what);

/** A dead letter is the attacker's unless its event is one that a service of the system told. */
function isAttackersLetter({ about, what }: Violation, { snapshot }: Findings, system: string): boolean {
  if (!what.startsWith('a dead letter')) return false;
  const { event } = snapshot.documents.get(about)?.state ?? {};
  const source = (event as { source?: unknown } | null | undefined)?.source;
  return !isOfSystem(source, system);
}

/** Whether a service of the system is the source of an event; a stranger's may be anything. */
const isOfSystem = (source: unknown, system: string): boolean =>
  typeof source === 'string' && source.startsWith(`${system}-`);
