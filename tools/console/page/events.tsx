import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { flat, type Node, type Tree, treeOf } from '../model/tree.ts';
import { clock, Empty, Search, Sticker } from './parts.tsx';
import { filter } from './route.ts';
import { isChosen, isReadOnly, leftOut, models, now, paused, type Trace, traces } from './store.ts';

/** Lines, and stickers of one line: the page stays small whatever happens. */
const LINES = 40;
const STICKERS = 12;

const known = new Map<string, { size: number; isPartial: boolean; at: number; tree: Tree }>();

/** The tree of a trace; made anew only where something came, or is awaited. */
export function treeNow(trace: Trace): Tree {
  const before = known.get(trace.id);
  const isOpen = before?.tree.state === 'waits' || before?.tree.state === 'running' || now.value - trace.began < 5_000;
  const { isPartial, entries } = trace;
  const isSame = before?.size === entries.size && before.isPartial === isPartial;
  if (before && isSame && !(isOpen && before.at !== now.value)) return before.tree;
  const tree = treeOf(trace.id, [...entries.values()], models.value[trace.system], isPartial ? undefined : now.value);
  known.set(trace.id, { size: entries.size, isPartial, at: now.value, tree });
  if (known.size > 2_000) known.clear();
  return tree;
}

const matches = (tree: Tree, text: string): boolean =>
  text === '' ||
  tree.roots
    .flatMap(flat)
    .some((node) => `${node.title} ${node.service} ${JSON.stringify(node.detail ?? '')}`.toLowerCase().includes(text));

/**
 * Holds the lines while somebody points at them or has paused, so that nothing runs away.
 * @returns what is shown of all lines, how many came since, and how to hold and to let go
 */
function useHeld(lines: readonly Tree[]) {
  const held = useSignal<readonly Tree[] | undefined>(undefined);
  const pointed = useRef(false);
  const newest = lines.slice(0, LINES);
  if (!(paused.value || pointed.current)) held.value = undefined;
  else held.value ??= newest;
  const known = held.value ?? newest;
  // What is held goes on; where so much came that it is kept no more, it stays as it was.
  const shown = known.map((one) => lines.find(({ trace }) => trace === one.trace) ?? one);
  const since = shown[0]?.began ?? 0;
  const isNew = ({ began, trace }: Tree) => began > since && !known.some((one) => one.trace === trace);
  return {
    shown,
    fresh: held.value ? lines.filter(isNew).length : 0,
    point: (on: boolean) => {
      pointed.current = on;
      if (on) held.value ??= newest;
    },
    pause: () => {
      paused.value = !paused.value;
      if (!paused.value) held.value = undefined;
    },
  };
}

/** What just happened, and who took notice? */
export function Events() {
  const text = filter('text').toLowerCase();
  void now.value;
  const all = [...traces.values()].filter(({ system }) => isChosen(system)).sort((a, b) => b.began - a.began);
  const lines = all.map(treeNow).filter((tree) => matches(tree, text));
  const { shown, fresh, point, pause } = useHeld(lines);
  return (
    <>
      <div class="filters">
        <Search />
        <button type="button" aria-pressed={paused.value} onClick={pause}>
          {paused.value ? `Resume${fresh ? `, ${fresh} new` : ''}` : 'Pause'}
        </button>
        <Legend />
        <span role="status" class="soft">
          {!paused.value && fresh > 0 ? `${fresh} new above` : ''}
        </span>
      </div>
      {leftOut.value > 0 && <p class="notice">{leftOut.value} entries came too fast and were left out.</p>}
      {shown.length === 0 ? (
        <Empty>
          {text ? 'Nothing of that kind.' : 'Nothing happened yet. '}
          {!text && !isReadOnly && <a href="/">Play the story</a>}
        </Empty>
      ) : (
        <ol class="board" onMouseEnter={() => point(true)} onMouseLeave={() => point(false)}>
          {shown.map((tree) => (
            <Line key={tree.trace} tree={tree} />
          ))}
        </ol>
      )}
      {lines.length > shown.length && (
        <p class="soft">{lines.length - shown.length} older ones are not shown; search finds them.</p>
      )}
    </>
  );
}

const Legend = () => (
  <span class="legend">
    <Sticker kind="command">asked</Sticker>
    <Sticker kind="event">happened</Sticker>
    <Sticker kind="policy">acted</Sticker>
    <Sticker kind="view">shows</Sticker>
  </span>
);

function Line({ tree }: { tree: Tree }) {
  const nodes = tree.roots.flatMap(flat);
  const events = nodes.filter((node) => node !== tree.roots[0]);
  const [root] = tree.roots;
  return (
    <li>
      <a href={`/commands/${tree.trace}`}>
        <time>{clock(tree.began)}</time>
        <span class={`badge ${tree.state}`}>{tree.words}</span>
        {root && <One node={root} isRoot />}
        <span class="stickers">
          {events.slice(0, STICKERS).map((node) => (
            <One key={node.key} node={node} />
          ))}
          {events.length > STICKERS && <span class="soft">+ {events.length - STICKERS}</span>}
        </span>
      </a>
    </li>
  );
}

/** One sticker: an event by its name, what acted on it by its service. */
function One({ node, isRoot = false }: { node: Node; isRoot?: boolean }) {
  const { sticker, title, service, outcome, bad } = node;
  const words = isRoot || sticker === 'event' || sticker === 'command' || (sticker === 'call' && bad) ? title : service;
  return (
    <Sticker kind={sticker} bad={bad} short={!isRoot}>
      {words}
      {outcome ? ` (${outcome})` : ''}
    </Sticker>
  );
}
