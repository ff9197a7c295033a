import { type Request, type Response, Router } from 'express';

/** Figures in the text format that Prometheus reads: few counters need no library. */

type Labels = Readonly<Record<string, string>>;
interface Counter {
  help: string;
  readonly series: Map<string, number>;
}

const counters = new Map<string, Counter>();

const labelled = (labels: Labels): string =>
  Object.entries(labels)
    .map(([label, value]) => `${label}="${value.replace(/["\\\n]/g, '_')}"`)
    .join(',');

function counterOf(name: string): Counter {
  const known = counters.get(name);
  if (known) return known;
  const counter = { help: name.replaceAll('_', ' '), series: new Map<string, number>() };
  counters.set(name, counter);
  return counter;
}

/**
 * Declares a counter, which is then shown with 0 until something is counted: an alert on its increase sees the first one.
 * Declaring it again adds to it and changes no figure.
 * @param name without `madang_` and `_total`
 * @param help one sentence for whoever reads /metrics
 * @param series the labels it is known to have; none where it has no labels
 */
export function declare(name: string, help: string, series: readonly Labels[] = [{}]): void {
  const counter = counterOf(name);
  counter.help = help;
  for (const labels of series) {
    const key = labelled(labels);
    if (!counter.series.has(key)) counter.series.set(key, 0);
  }
}

/** One more of this, e.g. `count('events_published', { type: 'PaymentApproved' })`. */
export function count(name: string, labels: Labels = {}, by = 1): void {
  const { series } = counterOf(name);
  const key = labelled(labels);
  series.set(key, (series.get(key) ?? 0) + by);
}

/** A figure as it is now, by its name without `madang_`. */
export type Gauges = Readonly<Record<string, { readonly help: string; readonly value: number }>>;

const block = (name: string, kind: 'counter' | 'gauge', help: string, lines: readonly string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines].map((line) => `${line}\n`).join('');

/** GET /metrics: what was counted, and these gauges as they are now. Not through the gateway, which has no such route. */
export function metrics(gauges: () => Gauges): Router {
  const router = Router();
  router.get('/metrics', (_: Request, response: Response) => {
    const counted = [...counters].map(([name, { help, series }]) => {
      const total = `madang_${name}_total`;
      const lines = [...series].map(([labels, value]) => `${total}${labels && `{${labels}}`} ${value}`);
      return block(total, 'counter', help, lines);
    });
    const now = Object.entries(gauges()).map(([name, { help, value }]) =>
      block(`madang_${name}`, 'gauge', help, [`madang_${name} ${value}`]),
    );
    response.type('text/plain; version=0.0.4').send([...counted, ...now].join(''));
  });
  return router;
}
