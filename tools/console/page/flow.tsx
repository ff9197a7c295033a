import { useSignal } from '@preact/signals';
import type { MapLine, SystemModel } from '../model/system.ts';
import { clock, duration, Empty, perSecond } from './parts.tsx';
import { chosen, models, now, rates, status } from './store.ts';

const WIDTH = 150;
const HEIGHT = 64;

/** Who talks to whom, how fast, and where does it hurt? Places come with the model: nothing ever moves. */
export function Flow() {
  const systems = (status.value?.systems ?? []).filter((system) => !chosen.value || chosen.value === system);
  void now.value;
  if (systems.length === 0) return <Empty>No system runs yet.</Empty>;
  return (
    <>
      <p class="soft">
        <svg class="key" viewBox="0 0 40 10" aria-hidden="true">
          <path class="call" d="M0 5H40" />
        </svg>{' '}
        a call, waited for{' '}
        <svg class="key" viewBox="0 0 40 10" aria-hidden="true">
          <path class="event" d="M0 5H40" />
        </svg>{' '}
        events. Pale: at rest. Red: it fails. Figures are of the last ten seconds.
      </p>
      {systems.map((system) => {
        const model = models.value[system];
        return model && <SystemMap key={system} system={system} model={model} />;
      })}
    </>
  );
}

function SystemMap({ system, model }: { system: string; model: SystemModel }) {
  const focus = useSignal('');
  return (
    <section>
      <h2>{system}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="map" aria-label={`Map of ${system}`} tabIndex={0}>
        <svg
          viewBox={`0 0 ${model.width} ${model.height}`}
          style={{ minWidth: `${Math.min(model.width, 640)}px` }}
          aria-label={`Map of ${system}`}
        >
          <defs>
            <marker
              id={`tip-${system}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto-start-reverse"
              markerUnits="userSpaceOnUse"
            >
              <path d="M0 0 8 4 0 8z" class="tip" />
            </marker>
          </defs>
          {model.lines.map((edge) => (
            <Line key={`${edge.kind} ${edge.from}>${edge.to}`} system={system} edge={edge} focus={focus.value} />
          ))}
          {model.services.map(({ name, x, y }) => (
            <Place
              key={name}
              system={system}
              name={name}
              x={x}
              y={y}
              isFocus={focus.value === name}
              onFocus={() => (focus.value = focus.value === name ? '' : name)}
            />
          ))}
        </svg>
      </section>
      <Table system={system} edges={model.lines} />
    </section>
  );
}

function Place({
  system,
  name,
  x,
  y,
  isFocus,
  onFocus,
}: {
  system: string;
  name: string;
  x: number;
  y: number;
  isFocus: boolean;
  onFocus: () => void;
}) {
  const found = status.value?.services.filter((one) => one.system === system && one.service === name) ?? [];
  const state = found.length === 0 ? 'stopped' : (found.find(({ healthy }) => !healthy)?.state ?? 'healthy');
  const isWell = found.every(({ healthy }) => healthy) && found.length > 0;
  const rate = rates.rate(`${system} ${name}`);
  const figure = isWell ? (rate > 0 ? perSecond(rate) : 'at rest') : state === 'healthy' ? 'no progress' : state;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button cannot be in a picture
    <g
      class={`place ${isWell ? 'well' : 'ill'} ${isFocus ? 'focus' : ''}`}
      data-service={name}
      transform={`translate(${x - WIDTH / 2} ${y - HEIGHT / 2})`}
      role="button"
      tabindex={0}
      aria-pressed={isFocus}
      onClick={onFocus}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onFocus();
      }}
    >
      <rect width={WIDTH} height={HEIGHT} rx="6" />
      <text x={WIDTH / 2} y="27">
        {name}
      </text>{' '}
      <text x={WIDTH / 2} y="48" class="figure">
        {figure}
      </text>
    </g>
  );
}

/** How an edge is now. */
function standing(system: string, { from, to, kind }: MapLine) {
  const name = `${system} ${from}>${to}`;
  const rate = rates.rate(`${name} ${kind}`);
  const failed = rates.rate(`${name} failed`);
  const last = kind === 'call' ? rates.lastCalls.get(name) : undefined;
  const isOpen = last?.outcome === 'open';
  return { rate, failed, last, isOpen, isBroken: isOpen || failed > 0 };
}

function Line({ system, edge, focus }: { system: string; edge: MapLine; focus: string }) {
  const { from, to, kind, about } = edge;
  const { rate, isOpen, isBroken } = standing(system, edge);
  const isDim = focus !== '' && focus !== from && focus !== to;
  const { path, x, y } = curve(edge.points);
  return (
    <g
      class={`edge ${kind} ${isBroken ? 'broken' : rate > 0 ? 'busy' : ''} ${isDim ? 'dim' : ''}`}
      data-edge={`${from}>${to}`}
      data-kind={kind}
    >
      <title>{`${from} to ${to}: ${about}`}</title>
      <path d={path} marker-end={`url(#tip-${system})`} />
      {(rate > 0 || isOpen) && (
        <text x={x} y={y}>
          {isOpen ? 'breaker open' : perSecond(rate)}
        </text>
      )}
    </g>
  );
}

/** A smooth line through the points; its label stands at the middle one. */
function curve(text: MapLine['points']) {
  const points = text.split(' ').map((point) => point.split(',').map(Number) as [number, number]);
  const [first = [0, 0], ...rest] = points;
  const middle = rest.slice(0, -1).map(([x, y], at) => {
    const [nextX, nextY] = rest[at + 1]!;
    return `Q${x} ${y} ${(x + nextX) / 2} ${(y + nextY) / 2}`;
  });
  const [lastX, lastY] = points.at(-1) ?? first;
  const [x, y] = points[Math.floor(points.length / 2)] ?? first;
  return { path: `M${first.join(' ')}${middle.join('')}L${lastX} ${lastY}`, x, y: y - 5 };
}

/** The same in words, for whom a map is no help. */
function Table({ system, edges }: { system: string; edges: readonly MapLine[] }) {
  return (
    <details>
      <summary>All lines of {system} as a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">from</th>
            <th scope="col">to</th>
            <th scope="col">what</th>
            <th scope="col" class="number">
              now
            </th>
            <th scope="col">state</th>
          </tr>
        </thead>
        <tbody>
          {edges.map((edge) => {
            const { rate, failed, last, isOpen } = standing(system, edge);
            const state = isOpen
              ? `breaker open at the last call, ${clock(last?.at ?? 0)}`
              : failed > 0
                ? `${perSecond(failed)} fail`
                : last
                  ? `last call ${last.outcome}, ${duration(last.ms)}`
                  : '';
            return (
              <tr key={`${edge.kind} ${edge.from}>${edge.to}`}>
                <td>{edge.from}</td>
                <td>{edge.to}</td>
                <td>
                  {edge.kind}: {edge.about}
                </td>
                <td class="number">{perSecond(rate)}</td>
                <td>{state}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}
