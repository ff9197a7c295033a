import { computed, signal } from '@preact/signals';
import type { Letter } from '../server/trouble.ts';
import { clock, Empty } from './parts.tsx';
import { ask, isChosen, isReadOnly, letters, now, rates, status } from './store.ts';

interface Problem {
  readonly key: string;
  readonly system: string;
  readonly what: string;
  readonly where: string;
  readonly why: string;
  readonly letter?: Letter;
}

/** Milliseconds for which an event may wait. */
const WAITS_MS = 60_000;
/** Milliseconds for which an open breaker is news. */
const OPEN_MS = 60_000;

/** All that needs a person now. */
export const troubles = computed((): readonly Problem[] => {
  const services = status.value?.services ?? [];
  return [
    ...letters.value
      // What waits is tried again by itself; it is trouble when that goes on.
      .filter(
        ({ kind, replayed, since }) =>
          !replayed && (kind === 'deadletters' || now.value - Date.parse(since) > WAITS_MS),
      )
      .map((letter) => ({
        key: `${letter.appId} ${letter.kind} ${letter.id}`,
        system: letter.appId.slice(0, letter.appId.indexOf('-')),
        what: letter.kind === 'deadletters' ? 'dead letter' : 'an event waits',
        where: letter.appId,
        why: letter.reason,
        letter,
      })),
    ...services
      .filter(({ healthy }) => !healthy)
      .map((one) => ({
        key: one.instance,
        system: one.system,
        what: one.state === 'healthy' ? 'makes no progress' : one.state,
        where: one.instance,
        why: one.progress ?? (one.app.lastExit ? `its last exit: ${one.app.lastExit}` : 'its processes do not run'),
      })),
    ...(status.value?.infrastructure ?? [])
      .filter(({ state }) => state !== 'healthy')
      .map(({ id, state, lastExit }) => ({
        key: id,
        system: '',
        what: state,
        where: id,
        why: lastExit ? `its last exit: ${lastExit}` : 'it was stopped',
      })),
    ...[...rates.lastCalls]
      .filter(([, { outcome, at }]) => outcome === 'open' && now.value - at < OPEN_MS)
      .map(([name, { at }]) => ({
        key: `open ${name}`,
        system: name.split(' ')[0] ?? '',
        what: 'breaker open',
        where: name.split(' ')[1] ?? '',
        why: `at the last call, ${clock(at)}; the next try is let through after 5 s`,
      })),
  ];
});

const said = signal('');

/** What needs a person? */
export function Trouble() {
  const shown = troubles.value.filter(({ system }) => system === '' || isChosen(system));
  return (
    <>
      <p role="status" class="said">
        {said.value}
      </p>
      {shown.length === 0 ? (
        <Empty>Nothing.</Empty>
      ) : (
        <ul class="troubles">
          {shown.map((one) => (
            <li key={one.key}>
              <strong>{one.what}</strong> <span class="service">{one.where}</span>
              <p>{one.why}</p>
              {one.letter && <Letters letter={one.letter} />}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Letters({ letter }: { letter: Letter }) {
  const { appId, kind, id, replayable, since, attempts, event } = letter;
  const traceparent = (event as { traceparent?: unknown } | undefined)?.traceparent;
  const trace = typeof traceparent === 'string' ? /^00-([0-9a-f]{32})-/.exec(traceparent)?.[1] : undefined;
  const act = async (action: 'replay' | 'drop'): Promise<void> => {
    said.value = `${appId}, ${id}: ${action} …`;
    const answer = await ask<{ said: string }>('/api/letters', { appId, kind, id, action }).catch((error: Error) => ({
      said: error.message,
    }));
    said.value = `${appId}, ${id}: ${answer.said}`;
  };
  return (
    <>
      <p class="soft">
        since {since.replace('T', ' ').slice(0, 19)}
        {attempts === undefined ? '' : `, tried ${attempts} times`}
      </p>
      <div class="buttons">
        {!isReadOnly && replayable && (
          <button
            type="button"
            onClick={() => void act('replay')}
            title={`${appId} handles the kept event once more; nobody else sees it`}
          >
            Replay at {appId}
          </button>
        )}
        {!isReadOnly && (
          <button type="button" class="danger" onClick={() => void act('drop')}>
            Drop
          </button>
        )}
        {trace && <a href={`/commands/${trace}`}>its command</a>}
      </div>
      {event !== undefined && (
        <details>
          <summary>the event</summary>
          <pre>{JSON.stringify(event, null, 2)}</pre>
        </details>
      )}
    </>
  );
}
