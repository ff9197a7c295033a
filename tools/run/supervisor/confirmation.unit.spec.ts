import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceStatus, Status } from './status.ts';

const home = mkdtempSync(join(tmpdir(), 'madang-confirmation-'));
process.env.MADANG_HOME = home;
const { answeredIn, listen } = await import('./confirmation.ts');
const logs = join(home, 'logs');
mkdirSync(logs);

const line = (fields: object) => `${JSON.stringify({ level: 'info', ...fields })}\n`;
const taken = (...keys: string[]) => line({ message: 'configuration changed', keys });
const says = (id: string, text: string) => appendFileSync(join(logs, `${id}.log`), text);

test.each([
  ['nothing', '', []],
  ['that it took one of them', `start\n${taken('A', 'C')}`, ['A']],
  ['half a line', taken('A').slice(0, 40), []],
  ['that it refuses both', line({ level: 'error', message: 'not taken', keys: ['A', 'B'] }), ['A', 'B']],
  ['what is in force altogether', line({ message: 'Configuration in force', logFile: 'x' }), ['A', 'B']],
])('given two changed keys, when a log says %s, then those are answered', (_, log, answered) => {
  expect(answeredIn(log, ['A', 'B'])).toEqual(answered);
});

describe('given lecture with two of pay, one of them stopped, and course', () => {
  const replica = (service: string, id: string, state: string) => ({ system: 'lecture', service, app: { id, state } });
  const services = [
    replica('pay', 'lecture-pay', 'healthy'),
    replica('pay', 'lecture-pay-2', 'stopped'),
    replica('course', 'lecture-course', 'healthy'),
  ] as ServiceStatus[];
  const running = { services } as Status;

  test('when a delay of pay changes, then the one that runs has to confirm it, after the change', async () => {
    says('lecture-pay', taken('PAY_DELAY_MS'));
    const confirmed = await listen(running, 'lecture', ['PAY_DELAY_MS']);
    expect(await confirmed(0)).toEqual([{ id: 'lecture-pay', keys: ['PAY_DELAY_MS'] }]);
    const waits = confirmed(20_000);
    says('lecture-pay', taken('PAY_DELAY_MS'));
    expect(await waits).toEqual([]);
  });
});
