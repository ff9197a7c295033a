import type { ComponentChildren } from 'preact';
import type { Command } from './command.ts';
import type { Problem } from './http.ts';
import { say } from './texts.ts';

/** What became of a command, told to those who see and to those who listen. */
export function Outcome({
  of,
  done,
  isAtFields = false,
}: {
  of: Command;
  done?: ComponentChildren;
  /** What is wrong stands at the fields already. */
  isAtFields?: boolean;
}) {
  const progress = of.progress.value;
  return (
    <div class="outcome">
      <div role="status" aria-live="polite">
        {progress.is === 'sending' && <p class="note">{say().sending}</p>}
        {progress.is === 'waiting' && <p class="warning">{say().away}</p>}
        {progress.is === 'stopped' && <p class="warning">{progress.mayBeDone ? say().unknown : say().stopped}</p>}
        {progress.is === 'done' && <p class="success">{done ?? say().done}</p>}
        {progress.is === 'refused' && <Refusal {...progress} isAtFields={isAtFields} />}
      </div>
      {progress.is === 'waiting' && (
        <p class="buttons">
          <span class="countdown" aria-hidden="true">
            {say().again(progress.seconds)}
          </span>
          <button type="button" onClick={() => of.again()}>
            {say().now}
          </button>
          <button type="button" onClick={() => of.stop()}>
            {say().stop}
          </button>
        </p>
      )}
    </div>
  );
}

/** The service's own words: it speaks English, with the literals of its contract. */
function Refusal({ problem, status, isAtFields }: { problem: Problem; status: number; isAtFields: boolean }) {
  const { detail, correlationId } = problem;
  return (
    <div class="failure">
      <p>
        <strong>{say().refused}</strong> ({status}){isAtFields ? ` · ${say().fields}` : ''}
      </p>
      {detail && !isAtFields && <p lang="en">{detail}</p>}
      {status >= 500 && correlationId && <p class="small">{correlationId}</p>}
    </div>
  );
}

/** A button for a command of its own, with what became of it beside it. */
export function Act({
  command,
  onPress,
  label,
  name,
  isGrave = false,
}: {
  command: Command;
  onPress: () => void;
  label: string;
  /** What it is done to, for those who hear the button alone. */
  name: string;
  isGrave?: boolean;
}) {
  const { is } = command.progress.value;
  const isBusy = is === 'sending' || is === 'waiting';
  return (
    <div class="act">
      <button
        type="button"
        class={isGrave ? 'grave' : ''}
        aria-disabled={isBusy}
        aria-label={`${label}: ${name}`}
        onClick={() => !isBusy && onPress()}
      >
        {label}
      </button>
      {is !== 'idle' && is !== 'done' && <Outcome of={command} />}
    </div>
  );
}

/** A state as the contract writes it; null: nobody knows it yet. */
export function Status({ value, tone }: { value: string | null | undefined; tone?: 'good' | 'ended' | 'refused' }) {
  return value ? <span class={`status ${tone ?? ''}`}>{value}</span> : <Processing />;
}

/** Done, and on its way through the services; what is shown follows by itself. */
export const Processing = () => <span class="processing">{say().processing}</span>;
