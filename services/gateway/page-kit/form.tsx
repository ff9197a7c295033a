import { type ComponentChildren, createContext, type TargetedSubmitEvent } from 'preact';
import { useContext, useEffect, useId, useRef } from 'preact/hooks';
import type { Command } from './command.ts';
import { Outcome } from './outcome.tsx';
import { messageOf } from './texts.ts';

export type Values = Readonly<Record<string, string>>;

const Errors = createContext<Readonly<Record<string, string>>>({});

function errorsOf({ progress: { value } }: Command): Record<string, string> {
  if (value.is !== 'refused') return {};
  return Object.fromEntries((value.problem.errors ?? []).map(({ field, message }) => [field, messageOf(message)]));
}

interface FormOf {
  /** Name of the form. */
  readonly label: string;
  readonly command: Command;
  /** Called with what was filled in; optional fields that are empty are left out. */
  readonly onSend: (values: Values) => void;
  /** Words of the button. */
  readonly submit: string;
  readonly done?: ComponentChildren;
  readonly children: ComponentChildren;
}

/**
 * What a person fills in for one command. The service alone judges it: what it says of a field stands at the field, and
 * the first such field is gone to.
 */
export function Form({ label, command, onSend, submit, done, children }: FormOf) {
  const form = useRef<HTMLFormElement>(null);
  const errors = errorsOf(command);
  const { is } = command.progress.value;
  const isBusy = is === 'sending' || is === 'waiting';
  const wrong = Object.keys(errors);
  const isAtFields = wrong.length > 0 && wrong.every((name) => form.current?.elements.namedItem(name));
  useEffect(() => {
    if (is === 'refused') form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [is]);
  const send = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (!isBusy) onSend(valuesOf(event.currentTarget));
  };
  return (
    <form ref={form} aria-label={label} onSubmit={send} noValidate>
      <Errors.Provider value={errors}>
        <div class="fields">{children}</div>
      </Errors.Provider>
      <p class="buttons">
        <button type="submit" class="main" aria-disabled={isBusy}>
          {submit}
        </button>
      </p>
      <Outcome of={command} done={done} isAtFields={isAtFields} />
    </form>
  );
}

function valuesOf(form: HTMLFormElement): Values {
  const fields = [...form.elements].filter(
    (field): field is HTMLInputElement | HTMLSelectElement =>
      (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) && field.name !== '',
  );
  const filled = fields.filter((field) => field.value.trim() !== '' || field.required);
  return Object.fromEntries(filled.map(({ name, value }) => [name, value.trim()]));
}

interface FieldOf {
  /** As the contract names it. */
  name: string;
  label: string;
  value?: string | number | undefined;
  hint?: string;
  isOptional?: boolean;
}

/** One line of text, or a number: the keyboard of a telephone fits. */
export function Field({ isNumber = false, ...field }: FieldOf & { isNumber?: boolean }) {
  return (
    <Labelled {...field}>
      {(attributes) => (
        <input
          {...attributes}
          defaultValue={String(field.value ?? '')}
          inputMode={isNumber ? 'decimal' : 'text'}
          autocomplete="off"
        />
      )}
    </Labelled>
  );
}

/** One of several. */
export function Choice({
  options,
  onChoose,
  ...field
}: FieldOf & { options: readonly (readonly [value: string, label: string])[]; onChoose?: (value: string) => void }) {
  return (
    <Labelled {...field}>
      {(attributes) => (
        <select {...attributes} onChange={(event) => onChoose?.(event.currentTarget.value)}>
          {options.map(([value, label]) => (
            <option key={value} value={value} selected={value === String(field.value ?? '')}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function Labelled({
  name,
  label,
  hint,
  isOptional = false,
  children,
}: FieldOf & {
  children: (attributes: {
    id: string;
    name: string;
    required: boolean;
    'aria-invalid': boolean;
    'aria-describedby': string;
  }) => ComponentChildren;
}) {
  const id = useId();
  const error = useContext(Errors)[name];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        name,
        required: !isOptional,
        'aria-invalid': error !== undefined,
        'aria-describedby': `${id}-about`,
      })}
      <span id={`${id}-about`} class={error ? 'error' : 'hint'}>
        {error ?? hint}
      </span>
    </div>
  );
}
