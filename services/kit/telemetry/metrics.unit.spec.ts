import express from 'express';
import request from 'supertest';
import { count, declare, metrics } from './metrics.ts';

test('given counters, some of them declared alone, when metrics are read, then all are shown, each under its help and type', async () => {
  declare('dead_letters', 'Events that could not be handled.');
  declare('events_handled', 'Events by outcome.', [{ status: 'SUCCESS' }, { status: 'RETRY' }]);
  count('events_handled', { status: 'RETRY' }, 2);
  declare('events_handled', 'Events by outcome.', [{ status: 'RETRY' }]);
  count('refusals', { status: '4"22' });
  const app = express().use(metrics(() => ({ outbox_backlog: { help: 'Events not yet published.', value: 7 } })));
  const { text, headers } = await request(app).get('/metrics').expect(200);
  expect(headers['content-type']).toContain('version=0.0.4');
  expect(text).toBe(
    [
      '# HELP madang_dead_letters_total Events that could not be handled.',
      '# TYPE madang_dead_letters_total counter',
      'madang_dead_letters_total 0',
      '# HELP madang_events_handled_total Events by outcome.',
      '# TYPE madang_events_handled_total counter',
      'madang_events_handled_total{status="SUCCESS"} 0',
      'madang_events_handled_total{status="RETRY"} 2',
      '# HELP madang_refusals_total refusals',
      '# TYPE madang_refusals_total counter',
      'madang_refusals_total{status="4_22"} 1',
      '# HELP madang_outbox_backlog Events not yet published.',
      '# TYPE madang_outbox_backlog gauge',
      'madang_outbox_backlog 7',
      '',
    ].join('\n'),
  );
});
