import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import {
  contractOf,
  type Documents,
  type Contract as Model,
  type Operation,
  type PublishedEvent,
} from '../model/contract.ts';
import type { Field } from '../model/schema.ts';
import { Empty, Sticker, Tabs } from './parts.tsx';
import { filter, setFilter } from './route.ts';
import { ask, chosen, models, status } from './store.ts';
import { Try } from './try.tsx';

/** By system: its contract, or why there is none. */
const contracts = signal<Readonly<Record<string, Model | string>>>({});

const TABS = ['api', 'events', 'documents'] as const;

/** What may I send, and what will I be told? */
export function Contract() {
  const systems = Object.keys(models.value);
  const system = chosen.value || status.value?.systems[0] || systems[0] || '';
  useEffect(() => {
    if (system && typeof contracts.value[system] !== 'object') void read(system);
  }, [system]);
  const contract = contracts.value[system];
  const tab = TABS.find((one) => one === filter('tab')) ?? 'api';
  return (
    <>
      <nav class="systems" aria-label="Systems">
        {systems.map((one) => (
          <a key={one} href={`/contract?system=${one}`} aria-current={one === system ? 'true' : undefined}>
            {one}
          </a>
        ))}
      </nav>
      {typeof contract !== 'object' ? (
        <Empty>{contract ?? 'It is read.'}</Empty>
      ) : (
        <>
          <p>{contract.about}</p>
          <Tabs names={TABS} chosen={tab} label={`Contract of ${system}`}>
            {tab === 'api' ? (
              <Api system={system} operations={contract.operations} />
            ) : tab === 'events' ? (
              <Events system={system} events={contract.events} />
            ) : (
              <Files system={system} services={contract.services} />
            )}
          </Tabs>
        </>
      )}
    </>
  );
}

async function read(system: string): Promise<void> {
  const found = await ask<Documents>(`/api/contract?system=${system}`).then(
    contractOf,
    (error: Error) => error.message,
  );
  contracts.value = { ...contracts.value, [system]: found };
}

/** A line that opens; which one is open stands in the address. */
function Opening({ id, line, children }: { id: string; line: ComponentChildren; children: ComponentChildren }) {
  const isOpen = filter('of') === id;
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isOpen) place.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <li ref={place}>
      <button
        type="button"
        class="opening"
        aria-expanded={isOpen}
        aria-controls={`of-${id}`}
        onClick={() => setFilter('of', isOpen ? '' : id)}
      >
        {line}
      </button>
      {isOpen && (
        <div id={`of-${id}`} class="opened">
          {children}
        </div>
      )}
    </li>
  );
}

function Api({ system, operations }: { system: string; operations: readonly Operation[] }) {
  return (
    <>
      {[...new Set(operations.map(({ service }) => service))].map((service) => (
        <section key={service}>
          <h2>{service}</h2>
          <ul class="openings">
            {operations
              .filter((one) => one.service === service)
              .map((one) => (
                <Opening
                  key={`${system} ${one.id}`}
                  id={one.id}
                  line={
                    <>
                      <Sticker kind={one.method === 'GET' ? 'view' : 'command'} short>
                        {one.method} {one.path}
                      </Sticker>{' '}
                      <span class="soft">{one.summary}</span>
                    </>
                  }
                >
                  <Try system={system} operation={one} />
                </Opening>
              ))}
          </ul>
        </section>
      ))}
    </>
  );
}

const Events = ({ system, events }: { system: string; events: readonly PublishedEvent[] }) => (
  <ul class="openings">
    {events.map(({ type, by, to, fields, example }) => (
      <Opening
        key={`${system} ${type}`}
        id={type}
        line={
          <>
            <Sticker kind="event" short>
              {type}
            </Sticker>{' '}
            <span class="soft">
              {by.join(', ')} {to.length > 0 && `→ ${to.join(', ')}`}
            </span>
          </>
        }
      >
        <p>
          Published by {by.join(', ') || 'nobody here'};{' '}
          {to.length > 0 ? `${to.join(', ')} act on it.` : 'nobody acts on it.'}{' '}
          <a href={`/events?system=${system}&text=${type}`}>See it happen</a>
        </p>
        <Fields fields={fields} type={type} />
        <details>
          <summary>an example</summary>
          <pre>{JSON.stringify(example, null, 2)}</pre>
        </details>
      </Opening>
    ))}
  </ul>
);

const Fields = ({ fields, type }: { fields: readonly Field[]; type: string }) => (
  <table aria-label={`Fields of ${type}`}>
    <thead>
      <tr>
        <th scope="col">field of data</th>
        <th scope="col">holds</th>
      </tr>
    </thead>
    <tbody>
      {fields.map(({ name, words, about, required }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>
            {words}
            {required ? '' : ', may be missing'}
            {about && <span class="words">{about}</span>}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** For whoever reads them with other tools. */
const Files = ({ system, services }: { system: string; services: readonly string[] }) => (
  <>
    <h2>OpenAPI 3.1, of its entrance</h2>
    <p>
      <a href={`/documents/openapi/${system}.json`} download={`${system}-openapi.json`}>
        {system}-openapi.json
      </a>{' '}
      <span class="soft">The running entrance serves it, too: GET /openapi.json.</span>
    </p>
    <h2>AsyncAPI 3.0, of each service</h2>
    <ul>
      {services.map((one) => (
        <li key={one}>
          <a href={`/documents/asyncapi/${system}/${one}.json`} download={`${system}-${one}-asyncapi.json`}>
            {system}-{one}-asyncapi.json
          </a>
        </li>
      ))}
    </ul>
  </>
);
