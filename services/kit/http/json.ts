import { InvalidInput } from '../errors.ts';

/** Deeper than any body of a contract; what is nested deeper would only use up somebody's stack. */
const DEEPEST = 64;
/** More members and items than any body of a contract has; reading them would only use up the time of others. */
const MOST_PARTS = 10_000;

/** What is open while a text is read: an object with the keys it has so far, or a list. */
interface Open {
  readonly keys: Set<string> | undefined;
  /** The key whose value comes now. */
  at: string;
}

const QUOTE = 34;
const BACKSLASH = 92;
const DIGIT_OR_MINUS = /[-\d]/;
const NUMBER = /[-+.eE\d]*/y;
/** Fifteen digits survive always. */
const SHORT_WHOLE = /^-?\d{1,15}$/;
/** More characters name no number that anybody means, and comparing them costs time. */
const LONGEST_NUMBER = 400;
const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;
/** Where a value may not survive: a number of many digits or with an exponent, an escaped half of a character. */
const SUSPECT = /[:[,]\s*-?(?:[\d.]{16}|[\d.]+[eE])|\\u[dD][89a-fA-F]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

const refused = (field: string, message: string): InvalidInput =>
  new InvalidInput([{ field: field || 'body', message }]);

/**
 * The value of a JSON text, if it is the only one the text can have. JSON.parse takes the last of two equal keys, and
 * numbers and halves of characters that no store gives back as they were; here they are refused.
 * @throws InvalidInput that names the field; SyntaxError where the text is not JSON
 */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  inspect(text);
  return value;
}

/**
 * The same for an event, on a path where going through every character would cost too much: only a text that has
 * something which may not survive is read as strictly.
 * @throws InvalidInput, SyntaxError
 */
export const readEventJson = (text: string): unknown => (SUSPECT.test(text) ? readJson(text) : JSON.parse(text));

/** Goes once through a text that is known to be JSON. */
function inspect(text: string): void {
  const open: Open[] = [];
  const field = (): string => open.flatMap(({ keys, at }) => (keys && at ? [at] : [])).join('.');
  let isKey = false;
  let parts = 0;
  for (let index = 0; index < text.length; index++) {
    const sign = text[index]!;
    if (sign === '"') {
      const end = endOfString(text, index);
      const raw = text.slice(index, end + 1);
      const string = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
      index = end;
      if (LONE_SURROGATE.test(string)) throw refused(field(), 'has half of a character; send whole ones');
      const top = open.at(-1);
      if (isKey && top?.keys) {
        top.at = string;
        if (top.keys.has(string)) throw refused(field(), 'is there twice; send it once');
        top.keys.add(string);
        isKey = false;
      }
    } else if (sign === '{' || sign === '[') {
      open.push({ keys: sign === '{' ? new Set() : undefined, at: '' });
      isKey = sign === '{';
      if (open.length > DEEPEST) throw refused('body', `is nested more than ${DEEPEST} levels deep`);
    } else if (sign === '}' || sign === ']') {
      open.pop();
      isKey = false;
    } else if (sign === ',') {
      if (++parts > MOST_PARTS) throw refused('body', 'has more than 10,000 members and items; send fewer');
      isKey = open.at(-1)?.keys !== undefined;
    } else if (DIGIT_OR_MINUS.test(sign)) {
      NUMBER.lastIndex = index;
      const number = NUMBER.exec(text)![0];
      index += number.length - 1;
      if (!survives(number))
        throw refused(
          field(),
          'must be a number that can be kept as it is: with at most 17 digits, or a whole one between -9007199254740991 and 9007199254740991',
        );
    }
  }
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  for (let code = text.charCodeAt(index); code !== QUOTE; code = text.charCodeAt(index))
    index += code === BACKSLASH ? 2 : 1;
  return index;
}

/** Whether a number is still what was sent after it became one of JavaScript. */
function survives(digits: string): boolean {
  if (SHORT_WHOLE.test(digits)) return true;
  if (digits.length > LONGEST_NUMBER) return false;
  const value = Number(digits);
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return false;
  return plain(digits) === plain(String(value));
}

/** A number written in one way only: its digits without zeros at the ends, and where its point stands. */
function plain(number: string): string {
  const [, sign = '', whole = '', decimals = '', exponent = '0'] = PARTS.exec(number) ?? [];
  const digits = `${whole}${decimals}`.replace(/^0+/, '');
  if (/^0*$/.test(digits)) return '0';
  return `${sign}${digits.replace(/0+$/, '')}e${digits.length - decimals.length + Number(exponent)}`;
}

/** JSON with sorted keys: the same for the same value, whatever a store or a client made of the order. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const record = value as Record<string, unknown>;
    const members = Object.keys(record)
      .sort()
      .flatMap((key) => (record[key] === undefined ? [] : [`${JSON.stringify(key)}:${canonical(record[key])}`]));
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}
