import { connect } from 'node:net';
import { RESULT } from './load.ts';

/** What came of an attempt: nobody there, cut off without a word, turned away by a proxy, or an answer. */
export type Outcome = 'no connection' | 'closed' | 'turned away' | 'answers';
export interface Knock {
  /** host:port */
  readonly at: string;
  readonly outcome: Outcome;
  /** The beginning of what was answered. */
  readonly said: string;
}

const PATIENCE_MS = 2_000;
/** Kafka's question which versions it speaks, without a client id. */
const KAFKA = Buffer.from('0000000c00120000000000010000ffff', 'hex').subarray(0, 14);

/** What makes a server of this port speak: MySQL speaks first, who speaks TLS answers a plain request with an alert. */
const greetingOf = (at: string, port: number): string | Buffer =>
  // A proxy routes by the name, so it is the one that is knocked at.
  ({ 6379: 'PING\r\n', 9092: KAFKA, 9093: KAFKA, 3306: '' })[port] ??
  `GET /metrics HTTP/1.1\r\nhost: ${at}\r\nconnection: close\r\n\r\n`;

/**
 * What an answer means. The intruder's own proxy accepts every connection and answers for a server that refuses it, and
 * a server's proxy turns away by name.
 */
export function outcomeOf(said: string): Outcome {
  if (said === '') return 'closed';
  if (/RBAC: access denied/.test(said)) return 'turned away';
  if (/^HTTP\/1\.1 (502|503) /.test(said) && /server: envoy/i.test(said)) return 'turned away';
  return 'answers';
}

/** Knocks at one port. */
function knock(at: string): Promise<Knock> {
  const [, host = '', port = '0'] = /^\[?(.+?)\]?:(\d+)$/.exec(at) ?? [];
  return new Promise((done) => {
    const heard: Buffer[] = [];
    let connected = false;
    const socket = connect({ host, port: Number(port) });
    const end = (): void => {
      clearTimeout(late);
      socket.destroy();
      const said = Buffer.concat(heard).toString('latin1');
      done({ at, outcome: connected ? outcomeOf(said) : 'no connection', said: JSON.stringify(said.slice(0, 80)) });
    };
    const late = setTimeout(end, PATIENCE_MS);
    socket.once('connect', () => {
      connected = true;
      socket.write(greetingOf(at, Number(port)));
    });
    socket.on('data', (chunk) => heard.push(chunk));
    socket.once('error', () => undefined);
    socket.once('close', end);
  });
}

/** `knock host:port...`: all at once, sixteen at a time. */
export async function main(targets: string[]): Promise<number> {
  const waiting = [...targets];
  const results: Knock[] = [];
  const worker = async (): Promise<void> => {
    for (let at = waiting.shift(); at; at = waiting.shift()) results.push(await knock(at));
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  process.stdout.write(`${RESULT}${JSON.stringify(results)}\n`);
  return 0;
}
