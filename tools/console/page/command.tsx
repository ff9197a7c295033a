import { useEffect, useState } from 'preact/hooks';
import type { Entry } from '../model/entry.ts';
import { flat, type Node, type Tree } from '../model/tree.ts';
import type { LogLine } from '../server/log-lines.ts';
import { treeNow } from './events.tsx';
import { clock, duration, Empty, Sticker, Tabs } from './parts.tsx';
import { filter } from './route.ts';
import { ask, keep, now, traces } from './store.ts';

const TABS = ['tree', 'times', 'log'] as const;

/** Why did this happen, and is it finished? */
export function Command({ trace }: { trace: string }) {
  const [asked, setAsked] = useState(false);
  void now.value;
  useEffect(() => {
    // What this page has not seen itself may still be known to the console.
    void ask<Entry[]>(`/api/trace?id=${trace}`)
      .then((entries) => {
        for (const entry of entries) keep(entry);
      })
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

const Roots = ({ tree }: { tree: Tree }) => (
  <ul class="tree">
    {tree.roots.map((node) => (
      <Branch key={node.key} node={node} began={tree.began} />
    ))}
  </ul>
);

function Branch({ node, began }: { node: Node; began: number }) {
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
          {children.map((one) => (
            <Branch key={one.key} node={one} began={began} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** When each thing was done: a bar from its cause to itself. */
function Times({ tree }: { tree: Tree }) {
  const nodes = tree.roots.flatMap(flat).filter(({ sticker }) => sticker !== 'waiting');
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
