import type { ProcessStatus, ServiceStatus } from '../../run/supervisor/status.ts';
import { Actions, said } from './actions.tsx';
import { Empty, Lamp, perSecond, Sparkline } from './parts.tsx';
import { ask, errors, isChosen, models, playing, rates, status } from './store.ts';

/** What runs, and is it well? */
export function Services() {
  const now = status.value;
  if (!now) return <Empty>The runner does not answer yet.</Empty>;
  const shown = now.systems.filter(isChosen);
  const others = Object.keys(models.value).filter((system) => !now.systems.includes(system));
  return (
    <>
      <p role="status" class="said">
        {said.value}
      </p>
      {shown.map((system) => (
        <System key={system} name={system} services={now.services.filter((one) => one.system === system)} />
      ))}
      <section>
        <h2>What they stand on</h2>
        <table>
          <Head />
          <tbody>
            {[...now.infrastructure, ...(now.console ? [now.console] : [])].map((one) => (
              <Process key={one.id} process={one} />
            ))}
          </tbody>
        </table>
      </section>
      {others.length > 0 && (
        <section>
          <h2>More systems</h2>
          <p class="buttons">
            {others.map((system) => (
              <button type="button" key={system} onClick={() => void start(system)}>
                Start {system}
              </button>
            ))}
          </p>
        </section>
      )}
    </>
  );
}

async function start(system: string): Promise<void> {
  said.value = `${system} starts; its services appear here.`;
  await ask('/api/up', { systems: [system] }).catch((error: Error) => {
    said.value = error.message;
  });
}

const Head = () => (
  <thead>
    <tr>
      <th scope="col">service</th>
      <th scope="col">app</th>
      <th scope="col">sidecar</th>
      <th scope="col" class="number">
        does
      </th>
      <th scope="col" class="number">
        restarts
      </th>
      <th scope="col" class="number">
        MiB
      </th>
      <th scope="col">log</th>
      <th scope="col">actions</th>
    </tr>
  </thead>
);

function System({ name, services }: { name: string; services: readonly ServiceStatus[] }) {
  const gateway = services.find(({ service }) => service === 'gateway');
  const isPlaying = playing.value.includes(name);
  return (
    <section>
      <h2>{name}</h2>
      <p class="buttons">
        <button type="button" class="primary" aria-disabled={isPlaying} onClick={() => isPlaying || void play(name)}>
          {isPlaying ? 'The story is being played' : 'Play the story'}
        </button>
        <a href={`/events?system=${name}`}>watch the events</a>
        <a href={`/flow?system=${name}`}>see the map</a>
        {gateway && (
          <a href={`http://localhost:${gateway.port}/`} target="_blank" rel="noreferrer">
            its entrance, port {gateway.port}
          </a>
        )}
      </p>
      <table aria-label={`Services of ${name}`}>
        <Head />
        <tbody>
          {services.map((one) => (
            <Service key={one.instance} one={one} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

async function play(system: string): Promise<void> {
  said.value = `The story of ${system} is being played; see Events.`;
  const answer = await ask<{ said: string }>('/api/story', { system }).catch((error: Error) => ({
    said: error.message,
  }));
  said.value = answer.said;
}

function Service({ one }: { one: ServiceStatus }) {
  const { app, sidecar, replica, service, system, progress } = one;
  const name = replica === 1 ? service : `${service} ${replica}`;
  const does = `${system} ${service}`;
  return (
    <tr>
      <th scope="row">
        {name}
        {progress && progress !== 'ready' && <span class="words">{progress}</span>}
      </th>
      <td>
        <Lamp state={app.state} label={`app of ${name}`} />
        {app.lastExit && <span class="words">last exit {app.lastExit}</span>}
      </td>
      <td>
        <Lamp state={sidecar.state} label={`sidecar of ${name}`} />
      </td>
      <td class="number">
        <Sparkline values={rates.series(does)} label={`commands and events of ${name} in the last minute`} />
        {perSecond(rates.rate(does))}
      </td>
      <td class="number" data-label="restarts">
        {one.restarts}
      </td>
      <td class="number" data-label="MiB">
        {one.memoryMiB === null ? '–' : Math.round(one.memoryMiB)}
      </td>
      <td>
        <LogLink id={app.id} />
      </td>
      <td>
        <Actions id={replica === 1 ? one.appId : one.instance} name={name} app={app} hasParts />
      </td>
    </tr>
  );
}

const Process = ({ process }: { process: ProcessStatus }) => (
  <tr>
    <th scope="row">{process.id}</th>
    <td>
      <Lamp state={process.state} label={process.id} />
      {process.lastExit && <span class="words">last exit {process.lastExit}</span>}
    </td>
    <td />
    <td />
    <td class="number" data-label="restarts">
      {process.restarts}
    </td>
    <td class="number" data-label="MiB">
      {process.memoryMiB === null ? '–' : Math.round(process.memoryMiB)}
    </td>
    <td>
      <LogLink id={process.id} />
    </td>
    <td>
      <Actions id={process.id} name={process.id} app={process} />
    </td>
  </tr>
);

function LogLink({ id }: { id: string }) {
  const count = errors.value[id] ?? 0;
  return (
    <>
      <a href={`/logs?app=${id}`}>
        log<span class="unseen"> of {id}</span>
      </a>
      {count > 0 && (
        <a class="count" href={`/logs?app=${id}&level=error`}>
          {count}
          <span class="unseen"> errors of {id}</span>
        </a>
      )}
    </>
  );
}
