import { useSignal } from '@preact/signals';
import type { Setting } from '../model/system.ts';
import { duration, Empty } from './parts.tsx';
import { ask, confirmations, isChosen, models, settings, status } from './store.ts';

/** What is set, who reads it, and did the change arrive? */
export function Configuration() {
  const systems = (status.value?.systems ?? []).filter(isChosen);
  if (systems.length === 0) return <Empty>No system runs yet.</Empty>;
  return (
    <>
      {systems.map((system) => (
        <section key={system}>
          <h2>{system}</h2>
          <ul class="settings">
            {(models.value[system]?.configuration ?? []).map((setting) => (
              <Key key={setting.key} system={system} setting={setting} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

/** A change of a value: what is typed, and what came of it when it was set. */
function useChange(system: string, key: string) {
  const draft = useSignal<string | undefined>(undefined);
  const refused = useSignal('');
  const savedAt = useSignal(0);
  const set = async (value: string): Promise<void> => {
    refused.value = '';
    const before = Date.now();
    try {
      const values = await ask<Record<string, string>>('/api/configuration', { system, changes: { [key]: value } });
      settings.value = { ...settings.value, [system]: values };
      savedAt.value = before;
      draft.value = undefined;
    } catch (error) {
      refused.value = (error as Error).message;
    }
  };
  return { draft, refused, savedAt, set };
}

function Key({ system, setting }: { system: string; setting: Setting }) {
  const { key, about, readers, value: usual } = setting;
  const inForce = settings.value[system]?.[key];
  const { draft, refused, savedAt, set } = useChange(system, key);
  const isUsual = inForce === undefined || inForce === usual;
  const id = `${system}-${key}`;
  return (
    <li>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void set(draft.value ?? inForce ?? '');
        }}
      >
        <label for={id}>{key}</label>
        <input
          id={id}
          value={draft.value ?? inForce ?? ''}
          aria-invalid={refused.value !== ''}
          aria-describedby={`${id}-about ${id}-said`}
          onInput={({ currentTarget }) => (draft.value = currentTarget.value)}
        />
        <button type="submit" aria-label={`set ${key}`}>
          Set
        </button>
        {!isUsual && (
          <button type="button" aria-label={`reset ${key}`} onClick={() => void set(usual)}>
            Reset to {usual === '' ? 'nothing' : usual}
          </button>
        )}
      </form>
      <p id={`${id}-about`} class="soft">
        {about} {readers.length > 0 ? `Read by ${readers.join(', ')}.` : 'No service reads it.'}
      </p>
      <p id={`${id}-said`} role="status" class={refused.value ? 'bad' : 'said'}>
        {refused.value || (savedAt.value ? confirmed(system, key, savedAt.value) : '')}
      </p>
    </li>
  );
}

/** What services said of the change, or that none has yet. */
function confirmed(system: string, key: string, since: number): string {
  const said = confirmations.value.filter((one) => one.system === system && one.keys.includes(key) && one.at >= since);
  if (said.length === 0) return 'Written; no service has taken it yet.';
  return said
    .map(({ service, outcome, why, at }) =>
      outcome === 'taken' ? `taken by ${service} after ${duration(at - since)}` : `refused by ${service}: ${why ?? ''}`,
    )
    .join(', ');
}
