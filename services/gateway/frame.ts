import { Problem } from '../kit/index.ts';
import type { Exchange } from './exchange.ts';
import { checkOnce } from './headers.ts';

/**
 * What Node's parser takes and HTTP/1.1 does not.
 * @throws Problem
 */
export function checkFrame(exchange: Exchange): void {
  const { request } = exchange;
  const { headers, httpVersion } = request;
  const close = (problem: Problem): Problem => {
    exchange.headers.connection = 'close';
    return problem;
  };
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    throw close(new Problem(505, 'HTTP Version Not Supported', 'Send a request of HTTP/1.1.'));
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersion === '1.0'))
    throw close(new Problem(501, 'Not Implemented', 'The one Transfer-Encoding that is read here is chunked.'));
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue')
    throw close(new Problem(417, 'Expectation Failed', 'The one expectation that is met here is 100-continue.'));
  checkOnce(request);
}
