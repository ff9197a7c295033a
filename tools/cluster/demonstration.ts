import type { Cluster } from './kubectl.ts';
import type { LoadResult } from './load.ts';

/** What a demonstration is given. */
export interface Options {
  readonly cluster: Cluster;
  /** Tag of the version that is rolled out; none: the same once more. */
  readonly tag: string | undefined;
  readonly users: number;
  readonly seconds: number;
  /** Namespace of Prometheus (service `prometheus`, port 9090) and Jaeger (service `jaeger`, port 16686). */
  readonly monitoring: string;
}

/** Whether all was as promised, and the figures beside those of the source. */
export interface Verdict {
  readonly good: boolean;
  readonly figures: [what: string, here: string, source: string][];
}

export const course = { name: 'english', teacher: 'hong', fee: 10000, textBook: 'eng_book' };
export const order = { courseId: 1, fee: 10000, student: 'gil-dong', textBook: 'eng_book' };

/** How a load went, in one line. */
export const inWords = (answers: LoadResult['answers']): string =>
  Object.entries(answers)
    .map(([outcome, { count, median, longest }]) => `${outcome}: ${count} (median ${median} ms, longest ${longest} ms)`)
    .join('; ');

/** The rows of a load that must lose nothing. */
export const loadFigures = (load: LoadResult, source: string): Verdict['figures'] => [
  ['availability', `${load.availability.toFixed(2)} %`, source],
  ['failed', `${load.failed} of ${load.transactions + load.failed}`, '0'],
  ['answers', inWords(load.answers), '-'],
];
