import { Command } from './command.tsx';
import { Configuration } from './configuration.tsx';
import { Contract } from './contract.tsx';
import { Events } from './events.tsx';
import { Flow } from './flow.tsx';
import { Logs } from './logs.tsx';
import { Empty, withSystem } from './parts.tsx';
import { Pods } from './pods.tsx';
import { address, setFilter } from './route.ts';
import { Services } from './services.tsx';
import { chosen, connection, exercises, isReadOnly, status } from './store.ts';
import { Trouble, troubles } from './trouble.tsx';

/** Where the runner is: they read its logs and files, and change something. */
const ONLY_HERE = [
  { path: '/logs', name: 'Logs', Screen: Logs },
  { path: '/configuration', name: 'Configuration', Screen: Configuration },
  { path: '/contract', name: 'Contract', Screen: Contract },
];
const SCREENS = [
  { path: '/', name: 'Services', Screen: isReadOnly ? Pods : Services },
  { path: '/events', name: 'Events', Screen: Events },
  { path: '/flow', name: 'Flow', Screen: Flow },
  { path: '/trouble', name: 'Trouble', Screen: Trouble },
].concat(isReadOnly ? [] : ONLY_HERE);

/** The rail of screens, the choice of a system, and how the console itself is. */
export function Shell() {
  const { pathname } = address.value;
  const screen = SCREENS.find(({ path }) => path === pathname);
  const trace = /^\/commands\/([0-9a-f]{32})$/.exec(pathname)?.[1];
  const title = trace ? 'One command' : (screen?.name ?? 'Nothing here');
  document.title = `${title} – Madang`;
  return (
    <>
      <a class="skip" href="#screen">
        To the screen
      </a>
      <header>
        <strong class="brand">Madang</strong>
        <Systems />
        <Connection />
      </header>
      <Rail here={pathname} />
      <main id="screen" tabIndex={-1}>
        <h1>{title}</h1>
        <Exercises />
        {trace ? (
          <Command key={trace} trace={trace} />
        ) : screen ? (
          <screen.Screen />
        ) : (
          <Empty>There is no such page.</Empty>
        )}
      </main>
    </>
  );
}

function Rail({ here }: { here: string }) {
  const count = troubles.value.length;
  return (
    <nav aria-label="Screens">
      {SCREENS.map(({ path, name }) => (
        <a key={path} href={withSystem(path, chosen.value)} aria-current={path === here ? 'page' : undefined}>
          {name}
          {path === '/trouble' && count > 0 && (
            <span class="count">
              {count}
              <span class="unseen"> things need a person</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}

function Systems() {
  const running = status.value?.systems ?? [];
  const systems = !chosen.value || running.includes(chosen.value) ? running : [...running, chosen.value];
  return (
    <label>
      <span class="unseen">System</span>
      <select value={chosen.value} onChange={({ currentTarget }) => setFilter('system', currentTarget.value)}>
        <option value="">all systems</option>
        {systems.map((system) => (
          <option key={system} value={system}>
            {system}
          </option>
        ))}
      </select>
    </label>
  );
}

function Connection() {
  const isLost = connection.value === 'lost';
  const words = isLost
    ? 'the console does not answer'
    : connection.value === 'first'
      ? 'connecting'
      : status.value
        ? `${status.value.profile} profile, ${isReadOnly ? 'read-only' : status.value.phase}`
        : 'the runner does not answer';
  return (
    <span class={`connection ${isLost || (connection.value === 'well' && !status.value) ? 'bad' : ''}`} role="status">
      {words}
    </span>
  );
}

function Exercises() {
  if (exercises.value.length === 0) return null;
  return (
    <p class="notice">
      Not as usual:{' '}
      {exercises.value.map(({ system, key, value }) => (
        <a key={`${system} ${key}`} href={withSystem('/configuration', system)}>
          {key} is {value === '' ? 'empty' : value}
        </a>
      ))}
    </p>
  );
}
