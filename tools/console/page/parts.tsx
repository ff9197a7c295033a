import type { ComponentChildren } from 'preact';
import type { Sticker as Kind } from '../model/tree.ts';
import { filter, setFilter } from './route.ts';

/** The small parts that the screens share. */

const KINDS: Record<Kind, string> = {
  command: 'command',
  call: 'call',
  event: 'event',
  policy: 'policy',
  view: 'view',
  waiting: 'waiting',
};

/** A sticker of event storming: its kind is a word, too, not a colour alone. */
export function Sticker({
  kind,
  bad = false,
  short = false,
  children,
}: {
  kind: Kind;
  bad?: boolean;
  short?: boolean;
  children: ComponentChildren;
}) {
  return (
    <span class={`sticker ${kind} ${bad ? 'bad' : ''}`}>
      <span class={short ? 'unseen' : 'kind'}>{KINDS[kind]} </span>
      {children}
    </span>
  );
}

/** A lamp with its word. */
export function Lamp({ state, label, title }: { state: string; label: string; title?: string }) {
  return (
    <span class={`lamp ${state}`} title={title}>
      <span class="unseen">{label} is </span>
      {state}
    </span>
  );
}

/** A figure over the last minute. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const top = Math.max(1, ...values);
  const points = values.map((value, at) => `${at},${(18 - (value / top) * 16).toFixed(1)}`).join(' ');
  return (
    <svg class="sparkline" viewBox="0 0 59 20" role="img" aria-label={label} preserveAspectRatio="none">
      <polyline points={points} />
    </svg>
  );
}

export const Empty = ({ children }: { children: ComponentChildren }) => <p class="empty">{children}</p>;

/** A time of today, to the millisecond. */
export const clock = (at: number): string => {
  const date = new Date(at);
  return `${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};

export const duration = (ms: number): string =>
  ms < 1
    ? '<1 ms'
    : ms < 1_000
      ? `${Math.round(ms)} ms`
      : ms < 60_000
        ? `${(ms / 1_000).toFixed(1)} s`
        : `${Math.round(ms / 60_000)} min`;

export const perSecond = (rate: number): string =>
  rate === 0 ? '–' : rate < 10 ? `${rate.toFixed(1)}/s` : `${Math.round(rate)}/s`;

/** The address of a screen that keeps the system chosen. */
export const withSystem = (path: string, system: string): string => (system ? `${path}?system=${system}` : path);

/** Tabs of a screen; the chosen one stands in the address, but for the first. */
export function Tabs({
  names,
  chosen,
  label,
  children,
}: {
  names: readonly string[];
  chosen: string;
  label: string;
  children: ComponentChildren;
}) {
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label}>
        {names.map((one, at) => (
          <button
            type="button"
            key={one}
            role="tab"
            id={`tab-${one}`}
            aria-selected={one === chosen}
            aria-controls="view"
            onClick={() => setFilter('tab', at === 0 ? '' : one)}
          >
            {one}
          </button>
        ))}
      </div>
      <section id="view" role="tabpanel" aria-labelledby={`tab-${chosen}`}>
        {children}
      </section>
    </>
  );
}

/** Filters what the screen shows by a text, which stands in the address. */
export const Search = () => (
  <label>
    Search{' '}
    <input
      type="search"
      value={filter('text')}
      onInput={({ currentTarget }) => setFilter('text', currentTarget.value)}
    />
  </label>
);
