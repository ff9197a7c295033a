import express from 'express';
import request from 'supertest';
import { count, declare, metrics } from './metrics.ts';

test('what was counted is shown in the text format of Prometheus', async () => {
  count('events_published', { type: 'PaymentApproved' });
  count('events_published', { type: 'PaymentApproved' }, 2);
  count('refusals', { status: '4"22' });
  const app = express().use(metrics(() => ({ outbox_backlog: 7 })));
  const { text, headers } = await request(app).get('/metrics').expect(200);
  expect(headers['content-type']).toContain('version=0.0.4');
  expect(text).toBe(
    'madang_events_published_total{type="PaymentApproved"} 3\n' +
      'madang_refusals_total{status="4_22"} 1\n' +
      'madang_outbox_backlog 7\n',
  );
});

test('given a counter that is declared, when nothing of its kind happened, then it is shown as 0, and declaring it again takes nothing away', async () => {
  declare('letters', { system: 'lecture' });
  const app = express().use(metrics(() => ({})));
  expect((await request(app).get('/metrics')).text).toContain('madang_letters_total{system="lecture"} 0\n');
  count('letters', { system: 'lecture' });
  declare('letters', { system: 'lecture' });
  expect((await request(app).get('/metrics')).text).toContain('madang_letters_total{system="lecture"} 1\n');
});
