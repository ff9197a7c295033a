import type { ServiceStatus } from '../../run/supervisor/status.ts';
import { Empty, Lamp, perSecond, Sparkline } from './parts.tsx';
import { isChosen, rates, status } from './store.ts';

/** What runs in the cluster, and is it well? A row for each pod; nothing here can stop one. */
export function Pods() {
  const now = status.value;
  if (!now) return <Empty>The pods are looked for.</Empty>;
  return (
    <>
      <p class="soft">
        This console is read-only. Logs, restarts and memory are asked of the cluster: <code>kubectl get pods</code>,{' '}
        <code>kubectl logs</code>.
      </p>
      {now.systems.filter(isChosen).map((system) => (
        <System key={system} name={system} pods={now.services.filter((one) => one.system === system)} />
      ))}
    </>
  );
}

const System = ({ name, pods }: { name: string; pods: readonly ServiceStatus[] }) => (
  <section>
    <h2>{name}</h2>
    <p class="buttons">
      <a href={`/events?system=${name}`}>watch the events</a>
      <a href={`/flow?system=${name}`}>see the map</a>
    </p>
    <table aria-label={`Services of ${name}`}>
      <thead>
        <tr>
          <th scope="col">service</th>
          <th scope="col">pod</th>
          <th scope="col">state</th>
          <th scope="col">says</th>
          <th scope="col" class="number">
            does
          </th>
        </tr>
      </thead>
      <tbody>
        {pods.map((one) => (
          <Pod key={one.instance} one={one} />
        ))}
      </tbody>
    </table>
  </section>
);

function Pod({ one: { appId, instance, service, system, replica, state, progress } }: { one: ServiceStatus }) {
  const does = `${system} ${service}`;
  return (
    <tr>
      <th scope="row">{service}</th>
      <td>{instance === appId ? '–' : instance.slice(appId.length + 1)}</td>
      <td>
        <Lamp state={state} label={instance} />
      </td>
      <td>{progress}</td>
      <td class="number">
        {/* Figures are of a service, whichever of its pods it was. */}
        {replica === 1 && (
          <>
            <Sparkline values={rates.series(does)} label={`commands and events of ${service} in the last minute`} />
            {perSecond(rates.rate(does))}
          </>
        )}
      </td>
    </tr>
  );
}
