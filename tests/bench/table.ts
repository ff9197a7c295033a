/** One line of the result; `met` undefined: there is no goal. */
export interface Row {
  readonly measure: string;
  readonly figure: string;
  readonly against?: string;
  readonly ratio?: number;
  readonly goal?: string;
  readonly met?: boolean;
  /** The figures as numbers, by what they are: two builds are compared by these. */
  readonly values: Readonly<Record<string, number>>;
}

export const resultTable = (rows: readonly Row[]): string =>
  table(
    ['measure', 'figure', 'compared with', 'ratio', 'goal', ''],
    rows.map(({ measure, figure, against = '', ratio, goal = '', met }) => [
      measure,
      figure,
      against,
      ratio === undefined || Number.isNaN(ratio) ? '' : ratio.toFixed(2),
      goal,
      met === undefined ? '' : met ? 'met' : 'NOT MET',
    ]),
  );

/** Markdown, with columns that also line up in a terminal. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
