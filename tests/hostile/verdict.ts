import type { HttpAttack } from './http-attacks.ts';
import type { Answer } from './player.ts';

/** Judges what hostile requests were answered. Pure. */

/** What may never stand in an answer: where code lives, what the sidecar and the stores say among themselves. */
const INNER =
  /\bat [^\s"]+ ?\(?[^\s"]*:\d+:\d+|node_modules|dial tcp|rpc error|ERR_[A-Z]+_[A-Z]+|@tcp\(|\/v1\.0\/|UnhandledPromise/;

/** What is wrong with the answers to an attack; nothing when all is right. */
export function faultOf(attack: HttpAttack, answers: readonly Answer[]): string | undefined {
  for (const { statuses, text, waitedInVain } of answers) {
    const wrong = statuses.find((status) => status >= 500 && ![501, 503, 505].includes(status));
    if (wrong) return `is answered ${wrong}: ${bodyOf(text)}`;
    const leak = INNER.exec(text);
    if (leak && !attack.about.includes(leak[0])) return `an answer shows "${leak[0]}"`;
    if (!attack.answerDue) continue;
    if (statuses.length === 0) return waitedInVain ? 'gets no answer' : 'the connection breaks without an answer';
    if (statuses.includes(503) && !attack.mayBeTurnedAway)
      return `is answered 503 for what can never succeed: ${bodyOf(text)}`;
    const shapeless = statuses.some((status) => status >= 400) && !isProblem(text) && !/^HEAD /.test(attack.about);
    if (shapeless) return `is refused without a problem body or request id: ${text.slice(0, 300)}`;
  }
  return undefined;
}

const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4).slice(0, 300);

const isProblem = (text: string): boolean =>
  /^content-type: application\/problem\+json/im.test(text) && /^x-request-id: \S/im.test(text);

/** The statuses of an attack as one word of the table: `200`, `none`, or the commonest of many. */
export const outcomeOf = (answers: readonly Answer[]): string[] =>
  answers.flatMap(({ statuses }) => (statuses.length === 0 ? ['none'] : statuses.map(String)));
