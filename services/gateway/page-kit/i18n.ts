import { effect, signal } from '@preact/signals';
import { kept } from './kept.ts';

export type Language = 'ko' | 'en';

const spoken = (): Language =>
  navigator.languages.map((tag) => tag.slice(0, 2)).find((tag): tag is Language => tag === 'ko' || tag === 'en') ??
  'en';

const chosen = kept('language', '');

/** The language of the page: the one chosen here before, else the first of the browser's that we speak. */
export const language = signal<Language>(chosen.value === 'ko' || chosen.value === 'en' ? chosen.value : spoken());

effect(() => {
  document.documentElement.lang = language.value;
});

export function choose(wanted: Language): void {
  language.value = wanted;
  chosen.value = wanted;
}

/** The texts of a page, in the language of the moment: both languages have the same ones. */
export const textsOf =
  <T extends object>(texts: Readonly<Record<Language, T>>) =>
  (): T =>
    texts[language.value];

/** A whole number. */
export const count = (value: number): string => value.toLocaleString(language.value);

/** An amount of won: the contracts name no currency, and their figures are those of Korea. */
export const won = (value: number): string =>
  value.toLocaleString(language.value, { style: 'currency', currency: 'KRW', maximumFractionDigits: 2 });

/** A day or a moment as the contracts write it, `yyyyMMdd` or `yyyyMMddHHmmss`; anything else stays as it is. */
export function time(digits: string): string {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?$/.exec(digits) ?? [];
  if (!year) return digits;
  const date = new Date(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
  );
  return date.toLocaleString(language.value, { dateStyle: 'medium', ...(hour ? { timeStyle: 'medium' } : {}) });
}
