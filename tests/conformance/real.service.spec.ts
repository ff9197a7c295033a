import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cases, kindFor } from '../../services/kit/testing/conformance/index.ts';
import { KINDS, Real } from './real.ts';

/** What the real one did. MADANG_RECORD=1 writes it anew, for a new version of daprd. */
const file = join(import.meta.dirname, '../../services/kit/testing/conformance/recorded.json');
const recorded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>;
const recording = process.env.MADANG_RECORD === '1';

const real = new Real();
beforeAll(() => real.start(), 180_000);
afterAll(async () => {
  await real.stop();
  if (recording) writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
}, 60_000);

describe.each(KINDS)('daprd with $store and $broker', ({ store, broker }) => {
  for (const one of cases) {
    const kind = kindFor(one, { store, broker });
    if (kind === undefined) continue;
    // The resiliency of the callee, and what depends on nothing, is looked at once.
    if (one.by === 'nothing' && store !== 'redis') continue;
    if (one.by === 'broker' && store === 'sqlite') continue;
    test(one.name, async () => {
      const subject = real.subjects.find(({ options }) => options.store === store);
      const seen = JSON.parse(JSON.stringify(await one.observe(subject!)));
      if (recording) recorded[one.name] = { ...recorded[one.name], [kind]: seen };
      expect(seen).toEqual(recorded[one.name]?.[kind]);
    });
  }
});
