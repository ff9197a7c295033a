import { signal } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import type { Action, Part, ProcessStatus } from '../../run/supervisor/status.ts';
import { ask } from './store.ts';

/** What became of the last action, in a sentence. */
export const said = signal('');

const EXPLAINED: Record<Action, string> = {
  start: 'start it again',
  stop: 'stop it until it is started',
  restart: 'stop it in good order and start it',
  kill: 'kill -9, as in a crash; it comes back by itself',
};
const DONE_MS = 60_000;

interface Order {
  readonly id: string;
  readonly name: string;
  readonly action: Action;
  readonly part: Part;
  /** How the process is now, whenever that is asked. */
  readonly now: () => ProcessStatus;
}

/** Has something done to a process; ends when it is done. @returns a sentence: how the process is then */
async function carryOut({ id, name, action, part, now }: Order): Promise<string> {
  const before = now().restarts;
  await ask('/api/act', { id, action, part: action === 'kill' && part === 'both' ? 'app' : part });
  if (action === 'stop') return `${name} is stopped.`;
  const isBack = () =>
    now().state === 'healthy' && (action !== 'kill' || part === 'sidecar' || now().restarts > before);
  const end = Date.now() + DONE_MS;
  while (!isBack() && Date.now() < end) await new Promise((later) => setTimeout(later, 100));
  return isBack() ? `${name} is healthy.` : `${name} is ${now().state}.`;
}

interface ActionsProps {
  readonly id: string;
  readonly name: string;
  readonly app: ProcessStatus;
  /** Whether it is an app with a sidecar. */
  readonly hasParts?: boolean;
}

/** Buttons that say done when it is. They keep the focus meanwhile, so they are never disabled. */
export function Actions({ id, name, app, hasParts = false }: ActionsProps) {
  const [part, setPart] = useState<Part>('both');
  const [busy, setBusy] = useState<Action | undefined>();
  const latest = useRef(app);
  latest.current = app;
  const act = async (action: Action): Promise<void> => {
    if (busy) return;
    setBusy(action);
    said.value = `${name}: ${action} …`;
    said.value = await carryOut({ id, name, action, part, now: () => latest.current }).catch(
      (error: Error) => error.message,
    );
    setBusy(undefined);
  };
  const offered: Action[] = app.state === 'stopped' ? ['start'] : ['restart', 'stop', 'kill'];
  return (
    <div class="buttons">
      {hasParts && (
        <select
          aria-label={`part of ${name}`}
          value={part}
          onChange={({ currentTarget }) => setPart(currentTarget.value as Part)}
        >
          <option value="both">both</option>
          <option value="app">app</option>
          <option value="sidecar">sidecar</option>
        </select>
      )}
      {offered.map((action) => (
        <button
          type="button"
          key={action === 'start' || action === 'restart' ? 'first' : action}
          class={action === 'kill' ? 'danger' : ''}
          title={EXPLAINED[action]}
          aria-label={`${action} ${name}`}
          aria-disabled={busy !== undefined}
          onClick={() => void act(action)}
        >
          {busy === action ? `${action} …` : action}
        </button>
      ))}
    </div>
  );
}
