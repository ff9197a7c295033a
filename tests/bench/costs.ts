import type { Bench, CountedAt } from './bench.ts';
import { TOTAL } from './counts.ts';
import { type Row, table } from './table.ts';

const NAMES: Readonly<Record<CountedAt, string>> = {
  sidecar: 'calls of the own sidecar',
  store: 'round trips to stores',
  broker: 'requests to the broker',
};
const number = (value: number | undefined, unit = ''): string =>
  value === undefined || Number.isNaN(value) ? 'not counted' : `${value.toFixed(2)}${unit}`;

function row(measure: string, unit: string, whole: number, bare: number | undefined, goal?: number): Row {
  const ratio = bare === undefined ? undefined : whole / bare;
  return {
    measure: `${measure} per enrolment, whole system`,
    figure: number(whole, unit),
    ...(bare === undefined || ratio === undefined
      ? { values: { all: whole } }
      : {
          against: `class and pay bare: ${number(bare, unit)}`,
          ratio,
          ...(goal && !Number.isNaN(ratio) ? { goal: `ratio ${goal}`, met: ratio <= goal } : {}),
          values: { all: whole, bare, 'whole / bare': ratio },
        }),
  };
}

/** What the whole system takes for an enrolment over what the bare services take, where these were measured. */
export function costs({ rows, options, whole, bare }: Bench): void {
  if (!whole) return;
  const { all, app, sidecar, store } = whole.cpu;
  if (!Number.isNaN(all)) {
    rows.push(row('CPU', ' ms', all, bare?.cpu.all, 2.2));
    rows.push({
      measure: 'of it apps / sidecars / stores and broker',
      figure: `${app.toFixed(2)} / ${sidecar.toFixed(2)} / ${store.toFixed(2)} ms`,
      values: { apps: app, sidecars: sidecar, stores: store },
    });
  }
  const details: string[][] = [];
  for (const [at, what] of Object.entries(NAMES) as [CountedAt, string][]) {
    const name = at === 'broker' && options.profile === 'full' ? 'batches written at the broker' : what;
    const [ofWhole, ofBare] = [whole.counts[at], bare?.counts[at]];
    if (Number.isNaN(ofWhole[TOTAL])) continue;
    rows.push(row(name, '', ofWhole[TOTAL] ?? Number.NaN, ofBare ? (ofBare[TOTAL] ?? Number.NaN) : undefined));
    for (const [one, value] of Object.entries(ofWhole))
      if (one !== TOTAL) details.push([name, one, number(value), ...(ofBare ? [number(ofBare[one] ?? 0)] : [])]);
  }
  const head = ['counted per enrolment', 'of these', 'whole system', ...(bare ? ['class and pay bare'] : [])];
  if (!options.file) process.stdout.write(`${table(head, details)}\n\n`);
}
