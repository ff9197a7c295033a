import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LogLine } from '../server/log-lines.ts';
import { Lines } from './command.tsx';
import { Empty } from './parts.tsx';
import { filter, setFilter } from './route.ts';
import { ask, isChosen, paused } from './store.ts';

const KEPT = 5_000;
const SHOWN = 400;
const EVERY_MS = 1_000;
const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'];

const lines = signal<readonly LogLine[]>([]);
const known = signal<readonly string[]>([]);

/** What did it say? */
export function Logs() {
  const app = filter('app');
  const part = filter('part') || 'app';
  useEffect(() => {
    let places: Record<string, number> = {};
    let isOpen = true;
    lines.value = [];
    const follow = async (): Promise<void> => {
      while (isOpen) {
        if (!paused.value && !document.hidden) {
          const ids = app ? [app, `${app}.daprd`] : [];
          const found = await ask<{ known: string[]; lines: LogLine[]; places: Record<string, number> }>('/api/logs', {
            ids,
            places,
          }).catch(() => undefined);
          if (!isOpen) return;
          if (found) {
            ({ places } = found);
            known.value = found.known;
            if (found.lines.length > 0) lines.value = [...lines.value, ...found.lines].slice(-KEPT);
          }
        }
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      }
    };
    void follow();
    return () => {
      isOpen = false;
    };
  }, [app]);
  const least = LEVELS.indexOf(filter('level') || 'debug');
  const text = filter('text').toLowerCase();
  const wanted = lines.value.filter(
    ({ id, level, message, more = '', trace = '' }) =>
      (part === 'both' || id.endsWith('.daprd') === (part === 'sidecar')) &&
      (app !== '' || isChosen(id.split('-')[0] ?? '')) &&
      LEVELS.indexOf(level) >= least &&
      (text === '' || `${message} ${more} ${trace}`.toLowerCase().includes(text)),
  );
  const apps = known.value.filter(
    (id) => !id.endsWith('.daprd') && (id === app || !id.includes('-') || isChosen(id.split('-')[0] ?? '')),
  );
  return (
    <>
      <div class="filters">
        <Choice name="app" label="Process" values={['', ...apps]} words={{ '': 'all' }} />
        <Choice name="part" label="Part" values={['', 'sidecar', 'both']} words={{ '': 'app' }} />
        <Choice name="level" label="From level" values={['', 'info', 'warn', 'error']} words={{ '': 'debug' }} />
        <label>
          Search{' '}
          <input
            type="search"
            value={filter('text')}
            onInput={({ currentTarget }) => setFilter('text', currentTarget.value)}
          />
        </label>
        <button type="button" aria-pressed={paused.value} onClick={() => (paused.value = !paused.value)}>
          {paused.value ? 'Resume' : 'Pause'}
        </button>
      </div>
      {wanted.length > SHOWN && <p class="soft">{wanted.length - SHOWN} older lines are left out.</p>}
      {wanted.length === 0 ? <Empty>No line yet.</Empty> : <Lines lines={wanted.slice(-SHOWN).reverse()} />}
    </>
  );
}

function Choice({
  name,
  label,
  values,
  words,
}: {
  name: string;
  label: string;
  values: readonly string[];
  words: Record<string, string>;
}) {
  return (
    <label>
      {label}{' '}
      <select value={filter(name)} onChange={({ currentTarget }) => setFilter(name, currentTarget.value)}>
        {values.map((value) => (
          <option key={value} value={value}>
            {words[value] ?? value}
          </option>
        ))}
      </select>
    </label>
  );
}
