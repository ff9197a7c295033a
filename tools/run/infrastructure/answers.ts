import { request } from 'node:http';

/** Whether GET answers with a status between 200 and 299 within a second. */
export function answers(port: number, path: string): Promise<boolean> {
  return new Promise((answer) => {
    const call = request({ host: '127.0.0.1', port, path, timeout: 1000, agent: false }, (response) => {
      response.resume();
      answer((response.statusCode ?? 0) >= 200 && (response.statusCode ?? 0) < 300);
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => answer(false));
    call.end();
  });
}
