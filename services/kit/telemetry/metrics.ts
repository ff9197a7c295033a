import { type Request, type Response, Router } from 'express';

/** Figures in the text format that Prometheus reads: few counters need no library. */

const counters = new Map<string, number>();

/** One more of this, e.g. `count('events_published', { type: 'PaymentApproved' })`. */
export function count(name: string, labels: Readonly<Record<string, string>>, by = 1): void {
  const series = seriesOf(name, labels);
  counters.set(series, (counters.get(series) ?? 0) + by);
}

/** Shows a counter as 0 before the first of its kind: an alert on its increase would miss one that appears with 1. */
export const declare = (name: string, labels: Readonly<Record<string, string>>): void => count(name, labels, 0);

function seriesOf(name: string, labels: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels).map(([label, value]) => `${label}="${value.replace(/["\\\n]/g, '_')}"`);
  return `madang_${name}_total{${inner.join(',')}}`;
}

/** GET /metrics: what was counted, and these gauges as they are now. Not through the gateway, which has no such route. */
export function metrics(gauges: () => Readonly<Record<string, number>>): Router {
  const router = Router();
  router.get('/metrics', (_: Request, response: Response) => {
    const now = Object.entries(gauges()).map(([name, value]) => [`madang_${name}`, value] as const);
    const lines = [...counters, ...now].map(([series, value]) => `${series} ${value}\n`);
    response.type('text/plain; version=0.0.4').send(lines.join(''));
  });
  return router;
}
