import { median } from './load.ts';
import type { Row } from './table.ts';

/** The figures of one measurement by name. */
export type Figures = ReadonlyMap<string, number>;

/** Every figure of these rows under the name of its row and its own. */
export const figuresOf = (rows: readonly Pick<Row, 'measure' | 'values'>[]): Figures =>
  new Map(
    rows.flatMap(({ measure, values }) =>
      Object.entries(values).flatMap(([name, value]) =>
        // JSON has no NaN.
        typeof value === 'number' && Number.isFinite(value) ? [[`${measure}: ${name}`, value] as const] : [],
      ),
    ),
  );

export interface Round {
  readonly other: Figures;
  readonly own: Figures;
}

export interface Ratio {
  readonly name: string;
  /** Medians of the rounds. */
  readonly other: number;
  readonly own: number;
  /** Of own over other, of each round: their median, the least and the greatest. */
  readonly ratio: number;
  readonly least: number;
  readonly greatest: number;
  /** Whether all rounds say the same: all above 1, or all below. */
  readonly isClear: boolean;
}

/** How two builds compare in every figure that each round has of both. */
export function ratiosOf(rounds: readonly Round[]): Ratio[] {
  const names = [...(rounds[0]?.own.keys() ?? [])].filter((name) =>
    rounds.every(({ own, other }) => own.has(name) && other.has(name)),
  );
  return names.map((name) => {
    const own = rounds.map((round) => round.own.get(name) ?? Number.NaN);
    const other = rounds.map((round) => round.other.get(name) ?? Number.NaN);
    const ratios = own.map((value, i) => (value === other[i] ? 1 : value / (other[i] ?? Number.NaN)));
    const [least, greatest] = [Math.min(...ratios), Math.max(...ratios)];
    return {
      name,
      other: middle(other),
      own: middle(own),
      ratio: middle(ratios),
      least,
      greatest,
      isClear: rounds.length > 1 && (least > 1 || greatest < 1),
    };
  });
}

/** The median; of an even number of values the mean of the two in the middle. */
export function middle(values: readonly number[]): number {
  const upper = median(values);
  return values.length % 2 === 1 ? upper : (upper - median(values.map((value) => -value))) / 2;
}
