import { useEffect, useMemo, useState } from 'preact/hooks';
import { flat, type Node, type Tree } from '../model/tree.ts';
import type { LogLine } from '../server/log-lines.ts';
import { treeNow } from './events.tsx';
import { clock, duration, Empty, Sticker, Tabs } from './parts.tsx';
import { filter } from './route.ts';
import { ask, isReadOnly, now, readTrace, traces } from './store.ts';

const TABS = (['tree', 'times', 'log'] as const).filter((tab) => tab !== 'log' || !isReadOnly);

/** Why did this happen, and is it finished? */
export function Command({ trace }: { trace: string }) {
  const [asked, setAsked] = useState(false);
  void now.value;
  useEffect(() => {
    void readTrace(trace)
      .catch(() => undefined)
      .finally(() => setAsked(true));
  }, [trace]);
  const found = traces.get(trace);
  if (!found) return <Empty>{asked ? 'Nothing is known of this command (any more).' : 'It is looked for.'}</Empty>;
  const tree = treeNow(found);
  const tab = TABS.find((one) => one === filter('tab')) ?? 'tree';
  return (
    <>
      <p>
        <span class={`badge ${tree.state}`} role="status">
          {tree.words}
        </span>{' '}
        <span class="soft">
          {tree.system}, begun at {clock(tree.began)}, trace <code>{trace}</code>
        </span>
      </p>
      <Tabs names={TABS} chosen={tab} label="Views of this command">
        {found.leftOut > 0 && <p class="notice">{found.leftOut} entries of it are left out.</p>}
        {tab === 'tree' ? <Roots tree={tree} /> : tab === 'times' ? <Times tree={tree} /> : <Log trace={trace} />}
      </Tabs>
    </>
  );
}

/** What is shown at first of a large tree: causes of one thing side by side, and one below the other. */
const WIDE = 100;
const DEEP = 30;

/** The same as long as its tree is: nothing is compared anew. */
const Roots = ({ tree }: { tree: Tree }) =>
  useMemo(
    () => (
      <ul class="tree">
        <Branches nodes={tree.roots} began={tree.began} depth={0} />
      </ul>
    ),
    [tree],
  );

/** Branches side by side: some of them where they are many, all on request. */
function Branches({ nodes, began, depth }: { nodes: readonly Node[]; began: number; depth: number }) {
  const [most, setMost] = useState(depth > 0 && depth % DEEP === 0 ? 0 : WIDE);
  const left = nodes.length - most;
  return (
    <>
      {nodes.slice(0, most).map((node) => (
        <Branch key={node.key} node={node} began={began} depth={depth} />
      ))}
      {left > 0 && (
        <li>
          <button type="button" onClick={() => setMost(most + WIDE)}>
            {most === 0 ? 'Show what it caused' : `Show more, ${left} are left`}
          </button>
        </li>
      )}
    </>
  );
}

function Branch({ node, began, depth }: { node: Node; began: number; depth: number }) {
  const { sticker, title, service, outcome, bad, at, ms, times, detail, children } = node;
  const facts = [
    sticker === 'waiting' ? '' : `after ${duration(Math.max(0, at - began))}`,
    (sticker === 'command' || sticker === 'call') && ms !== undefined ? `took ${duration(ms)}` : '',
    times > 1 ? `${times} times` : '',
  ].filter(Boolean);
  return (
    <li>
      <div class="branch">
        <Sticker kind={sticker} bad={bad}>
          {title}
        </Sticker>
        <span class="service">{service}</span>
        {outcome && <span class={bad ? 'bad' : 'soft'}>{outcome}</span>}
        <span class="soft">{facts.join(', ')}</span>
        {detail !== undefined && (
          <details>
            <summary aria-label={`what ${title} says`}>{'{ }'}</summary>
            <pre>{JSON.stringify(detail, null, 2)}</pre>
          </details>
        )}
      </div>
      {children.length > 0 && (
        <ul>
          <Branches nodes={children} began={began} depth={depth + 1} />
        </ul>
      )}
    </li>
  );
}

/** Rows of the times of a large tree. */
const ROWS = 300;

/** When each thing was done: a bar from its cause to itself. */
function Times({ tree }: { tree: Tree }) {
  const nodes = tree.roots.flatMap(flat).filter(({ sticker }) => sticker !== 'waiting');
  return (
    <>
      <Bars nodes={nodes.slice(0, ROWS)} tree={tree} />
      {nodes.length > ROWS && <p class="notice">{nodes.length - ROWS} later ones are not shown.</p>}
    </>
  );
}

function Bars({ nodes, tree }: { nodes: readonly Node[]; tree: Tree }) {
  const whole = Math.max(1, tree.ended - tree.began);
  return (
    <table class="times" aria-label="When each thing was done">
      <tbody>
        {nodes.map(({ key, sticker, title, service, at, ms }) => {
          const isAsked = sticker === 'command' || sticker === 'call';
          const from = isAsked ? at - tree.began : Math.max(0, at - tree.began - (ms ?? 0));
          const to = isAsked ? from + (ms ?? 0) : at - tree.began;
          return (
            <tr key={key}>
              <th scope="row">
                <Sticker kind={sticker} short>
                  {sticker === 'event' || isAsked ? title : service}
                </Sticker>
              </th>
              <td>
                <svg viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    class={sticker}
                    x={(from / whole) * 990}
                    y="1"
                    width={Math.max(10, ((to - from) / whole) * 990)}
                    height="10"
                  />
                </svg>
              </td>
              <td class="number">{duration(Math.max(0, to))}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Log({ trace }: { trace: string }) {
  const [lines, setLines] = useState<readonly LogLine[] | undefined>();
  useEffect(() => {
    void ask<LogLine[]>(`/api/logs?trace=${trace}`).then(setLines, () => setLines([]));
  }, [trace]);
  if (!lines) return <Empty>The logs are read.</Empty>;
  if (lines.length === 0)
    return <Empty>No service wrote a line about it: at level info they write of troubles only.</Empty>;
  return <Lines lines={lines} />;
}

/** Lines of logs. */
export const Lines = ({ lines }: { lines: readonly LogLine[] }) => (
  <ol class="lines">
    {lines.map(({ id, time, level, message, trace, more }, at) => (
      <li key={at} class={level}>
        <time>{time.slice(11, 23)}</time> <span class="service">{id}</span> <span class="level">{level}</span> {message}{' '}
        {trace && <a href={`/commands/${trace}`}>its command</a>} {more && <code>{more}</code>}
      </li>
    ))}
  </ol>
);
