import { InvalidInput } from '../errors.ts';

/** Deeper than any body of a contract; what is nested deeper would only use up somebody's stack. */
const DEEPEST = 64;

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

/** Goes once through a text that is known to be JSON. */
function inspect(text: string): void {
  const open: Open[] = [];
  const field = (): string => open.flatMap(({ keys, at }) => (keys && at ? [at] : [])).join('.');
  let isKey = false;
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
      isKey = open.at(-1)?.keys !== undefined;
    } else if (DIGIT_OR_MINUS.test(sign)) {
      NUMBER.lastIndex = index;
      const number = NUMBER.exec(text)![0];
      index += number.length - 1;
      if (!survives(number))
        throw refused(
          field(),
          'must be a number that can be kept: a whole one between -9007199254740991 and 9007199254740991',
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
  const value = Number(digits);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return !/[1-9]/.test(digits.split(/e/i)[0]!);
  return !Number.isInteger(value) || Number.isSafeInteger(value);
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
