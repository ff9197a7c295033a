import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LogLine } from '../server/log-lines.ts';
import { Lines } from './command.tsx';
import { Empty, Search } from './parts.tsx';
import { filter, setFilter } from './route.ts';
import { ask, isChosen, paused } from './store.ts';

const KEPT = 5_000;
const SHOWN = 400;
const EVERY_MS = 1_000;
const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'];

const lines = signal<readonly LogLine[]>([]);
const known = signal<readonly string[]>([]);

type Answer = { readonly known: string[]; readonly lines: LogLine[]; readonly places: Record<string, number> };

/** Follows the logs of a process and its sidecar (empty: of all) until `isOver` says so. */
async function follow(app: string, isOver: () => boolean): Promise<void> {
  const ids = app ? [app, `${app}.daprd`] : [];
  let places: Record<string, number> = {};
  while (!isOver()) {
    if (!paused.value && !document.hidden) {
      const found = await ask<Answer>('/api/logs', { ids, places }).catch(() => undefined);
      if (isOver()) return;
      if (found) {
        ({ places } = found);
        known.value = found.known;
        if (found.lines.length > 0) lines.value = [...lines.value, ...found.lines].slice(-KEPT);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

/** The lines that the filters let through. */
function wantedLines(): readonly LogLine[] {
  const [app, part] = [filter('app'), filter('part') || 'app'];
  const least = LEVELS.indexOf(filter('level') || 'debug');
  const text = filter('text').toLowerCase();
  return lines.value.filter(
    ({ id, level, message, more = '', trace = '' }) =>
      (part === 'both' || id.endsWith('.daprd') === (part === 'sidecar')) &&
      (app !== '' || isChosen(id.split('-')[0] ?? '')) &&
      LEVELS.indexOf(level) >= least &&
      (text === '' || `${message} ${more} ${trace}`.toLowerCase().includes(text)),
  );
}

/** What did it say? */
export function Logs() {
  const app = filter('app');
  useEffect(() => {
    let isOver = false;
    lines.value = [];
    void follow(app, () => isOver);
    return () => {
      isOver = true;
    };
  }, [app]);
  const wanted = wantedLines();
  return (
    <>
      <Filters app={app} />
      {wanted.length > SHOWN && <p class="soft">{wanted.length - SHOWN} older lines are left out.</p>}
      {wanted.length === 0 ? <Empty>No line yet.</Empty> : <Lines lines={wanted.slice(-SHOWN).reverse()} />}
    </>
  );
}

function Filters({ app }: { app: string }) {
  const apps = known.value.filter(
    (id) => !id.endsWith('.daprd') && (id === app || !id.includes('-') || isChosen(id.split('-')[0] ?? '')),
  );
  return (
    <div class="filters">
      <Choice name="app" label="Process" values={['', ...apps]} words={{ '': 'all' }} />
      <Choice name="part" label="Part" values={['', 'sidecar', 'both']} words={{ '': 'app' }} />
      <Choice name="level" label="From level" values={['', 'info', 'warn', 'error']} words={{ '': 'debug' }} />
      <Search />
      <button type="button" aria-pressed={paused.value} onClick={() => (paused.value = !paused.value)}>
        {paused.value ? 'Resume' : 'Pause'}
      </button>
    </div>
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
