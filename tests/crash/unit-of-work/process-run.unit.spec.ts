import { hangs, ProcessRun } from './process-run.ts';
import type { Orders } from './protocol.ts';

const orders: Orders = {
  ...{ port: 0, appId: 'things', instance: 'things-1', cutPort: 0, scenario: 'nothing' },
  ...{ life: 'run', at: 1, trouble: 'before', countFrom: 'command' },
};

test('given a process that hangs, when its time is over, then its death is a finding', async () => {
  const run = new ProcessRun(orders, { limitMs: 300, args: ['-e', 'setInterval(() => {}, 1000)'] });
  expect(await run.ended).toBe('SIGKILL');
  expect(hangs({ 'the first life': run })).toEqual(['the first life hung and was killed']);
});

test('given a process that kills itself, when it has ended, then nothing hung', async () => {
  const run = new ProcessRun(orders, { args: ['-e', "process.kill(process.pid, 'SIGKILL')"] });
  expect(await run.ended).toBe('SIGKILL');
  expect(hangs({ 'the first life': run })).toEqual([]);
});
