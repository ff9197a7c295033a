import type { ComponentChildren } from 'preact';
import type { Live } from './live.ts';
import { say } from './texts.ts';

/** A column: what stands above it, and in a row. */
export interface Column<R> {
  readonly head: string;
  readonly cell: (row: R) => ComponentChildren;
  readonly isNumber?: boolean;
  /** Holds a button that says the same as the head does. */
  readonly isAction?: boolean;
}

const classOf = ({ isNumber, isAction }: { isNumber?: boolean; isAction?: boolean }): string =>
  isNumber ? 'number' : isAction ? 'action' : '';

/** Rows of one kind; where there is no room for columns, each row stands by itself. */
export function Table<R>({
  caption,
  live,
  rows,
  idOf,
  columns,
  empty,
}: {
  caption: string;
  /** Where the rows come from. */
  live: Live;
  rows: readonly R[];
  idOf: (row: R) => string | number;
  columns: readonly Column<R>[];
  /** Said where there are none. */
  empty: string;
}) {
  return (
    <div class="table" aria-busy={live.body.value === undefined}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, ...kind }) => (
              <th key={head} scope="col" class={classOf(kind)}>
                <span>{head}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={idOf(row)} data-id={idOf(row)}>
              {columns.map(({ head, cell, ...kind }) => (
                <td key={head} data-head={head} class={classOf(kind)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Standing live={live} empty={rows.length === 0 && empty} />
    </div>
  );
}

/** How far what is shown can be relied on: whether there is nothing, nothing yet, or what was. */
function Standing({ live, empty }: { live: Live; empty: string | false }) {
  const isKnown = live.body.value !== undefined;
  const isOld = live.trouble.value !== undefined;
  return (
    <>
      {empty !== false && <p class="empty">{isKnown ? empty : isOld ? say().unreadable : say().loading}</p>}
      <p class="note" role="status">
        {isKnown && isOld ? say().stale : ''}
      </p>
    </>
  );
}
