import { useSignal } from '@preact/signals';
import { bodyOf, type Input, keyOf, type Operation, type RequestToSend, requestOf } from '../model/contract.ts';
import type { Outcome } from '../server/attempt.ts';
import { duration } from './parts.tsx';
import { ask } from './store.ts';

type Values = Readonly<Record<string, string>>;

/** Fills in a request, sends it through the entrance, and leads to what it caused. */
export function Try({ system, operation }: { system: string; operation: Operation }) {
  const { roles, answers, method } = operation;
  const outcome = useSignal<Outcome | string | undefined>(undefined);
  const isSending = useSignal(false);
  const send = async (request: RequestToSend): Promise<void> => {
    if (isSending.value) return;
    isSending.value = true;
    outcome.value = await ask<Outcome>('/api/try', { system, ...request }).catch((error: Error) => error.message);
    isSending.value = false;
  };
  return (
    <>
      {roles.length > 0 && (
        <p class="soft">
          Where tokens are asked for (<code>./run up --auth</code>): for {roles.join(', ')}.
        </p>
      )}
      <Request operation={operation} isSending={isSending.value} outcome={outcome.value} send={send} />
      <div role="status">{outcome.value !== undefined && <Answer outcome={outcome.value} method={method} />}</div>
      <details>
        <summary>what it may answer</summary>
        <ul>
          {answers.map(({ status, about }) => (
            <li key={status}>
              <strong>{status}</strong> {about}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

interface RequestProps {
  readonly operation: Operation;
  readonly isSending: boolean;
  readonly outcome: Outcome | string | undefined;
  readonly send: (wanted: RequestToSend) => Promise<void>;
}

/** What is to be sent: a field for each thing, or the body as JSON. */
function Request({ operation, isSending, outcome, send }: RequestProps) {
  const { inputs, hasBody, method } = operation;
  const values = useSignal<Values>(Object.fromEntries(inputs.map((one) => [keyOf(one), one.sample])));
  const hasFields = inputs.some(({ where }) => where === 'body');
  /** The body, where somebody writes it so. */
  const json = useSignal<string | undefined>(hasBody && !hasFields ? '{}' : undefined);
  return (
    <form
      class="try"
      onSubmit={(event) => {
        event.preventDefault();
        void send(requestOf(operation, values.value, json.value));
      }}
    >
      {inputs
        .filter(({ where }) => where !== 'body' || json.value === undefined)
        .map((one) => (
          <Blank
            key={keyOf(one)}
            id={`${operation.id}-${one.where}-${one.name}`}
            input={one}
            value={values.value[keyOf(one)] ?? ''}
            fault={faultOf(outcome, one)}
            take={(value) => (values.value = { ...values.value, [keyOf(one)]: value })}
          />
        ))}
      {json.value !== undefined && (
        <label class="blank">
          body, as JSON
          <textarea rows={6} value={json.value} onInput={({ currentTarget }) => (json.value = currentTarget.value)} />
        </label>
      )}
      <div class="buttons">
        <button type="submit" class="primary" aria-disabled={isSending}>
          {isSending ? 'It is sent' : `Send ${method}`}
        </button>
        {hasFields && (
          <button
            type="button"
            onClick={() => (json.value = json.value === undefined ? bodyOf(operation, values.value) : undefined)}
          >
            {json.value === undefined ? 'Write the body as JSON' : 'Fill in fields'}
          </button>
        )}
      </div>
    </form>
  );
}

interface BlankProps {
  readonly id: string;
  readonly input: Input;
  readonly value: string;
  readonly fault: string;
  readonly take: (value: string) => void;
}

/** One field to fill in, with what it may hold. */
function Blank({ id, input, value, fault, take }: BlankProps) {
  const { name, where, words, about, required, choices } = input;
  const common = { id, value, 'aria-describedby': `${id}-about`, 'aria-invalid': fault !== '' };
  return (
    <div class="blank">
      <label for={id}>
        {name} {where !== 'body' && <span class="soft">({where})</span>}
      </label>
      {choices.length > 1 ? (
        <select {...common} onChange={({ currentTarget }) => take(currentTarget.value)}>
          <option value="" />
          {choices.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      ) : (
        <input {...common} onInput={({ currentTarget }) => take(currentTarget.value)} />
      )}
      <span id={`${id}-about`} class={fault ? 'bad' : 'soft'}>
        {fault || `${words}${required ? '' : ', may be missing'}${about ? `. ${about}` : ''}`}
      </span>
    </div>
  );
}

interface Problem {
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What the answer says of a field. */
function faultOf(outcome: Outcome | string | undefined, { name }: Input): string {
  if (typeof outcome !== 'object' || outcome.status !== 400) return '';
  const { errors = [] } = (parsed(outcome.body) ?? {}) as Problem;
  return errors.find(({ field }) => field === name)?.message ?? '';
}

function Answer({ outcome, method }: { outcome: Outcome | string; method: string }) {
  if (typeof outcome === 'string') return <p class="bad">{outcome}</p>;
  const { status, ms, trace, headers, body, leftOut, note } = outcome;
  const isGood = status < 400;
  const json = parsed(body);
  const { detail } = (json ?? {}) as Problem;
  return (
    <section aria-label="The answer">
      <p>
        <strong class={`badge ${isGood ? 'finished' : 'refused'}`}>{status}</strong>{' '}
        <span class="soft">after {duration(ms)}</span> {!isGood && detail}
      </p>
      {note && <p class="soft">{note}</p>}
      {method !== 'GET' && (
        <p>
          <a href={`/commands/${trace}`}>The tree of what it caused</a>
        </p>
      )}
      <pre>
        {Object.entries(headers)
          .map(([name, value]) => `${name}: ${value}\n`)
          .join('')}
        {body && '\n'}
        {json === undefined ? body : JSON.stringify(json, null, 2)}
      </pre>
      {leftOut > 0 && <p class="notice">{leftOut} more characters are not shown.</p>}
    </section>
  );
}
