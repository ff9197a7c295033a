import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAttack } from './http-attacks.ts';

/** What came back on one connection. */
export interface Answer {
  /** The status of every answer on it, interim ones (1xx) left out. */
  readonly statuses: readonly number[];
  /** All bytes, cut after 64 kB. */
  readonly text: string;
  /** The attacker closed it before the gateway did. */
  readonly waitedInVain: boolean;
  readonly ms: number;
}

const KEPT = 64 * 1024;
/** No attack holds a connection longer, whatever it is made of. */
const LONGEST_MS = 20_000;

/** Every answer begins on a line of its own, or right behind the body of the one before. */
const STATUS = /HTTP\/1\.1 ([2-5]\d\d) /g;

/** Attackers have an address of their own, since the entrance limits what one address takes (not every system has this one). */
const FROM = process.platform === 'linux' ? { localAddress: '127.0.0.2' } : {};

/** Plays an attack against a port of this machine; what it learned, for each of its connections. */
export const play = (attack: HttpAttack, port: number): Promise<Answer[]> =>
  Promise.all(Array.from({ length: attack.sockets }, () => onOne(attack, port)));

async function onOne({ sends, reads, leavesAfterMs }: HttpAttack, port: number): Promise<Answer> {
  const began = Date.now();
  const socket = connect({ port, host: '127.0.0.1', ...FROM });
  const end = AbortSignal.timeout(LONGEST_MS);
  let text = '';
  let closed = false;
  const over = new Promise<void>((resolve) => {
    socket.once('close', () => {
      closed = true;
      resolve();
    });
  });
  // A reset is an answer like any other: what was read before it counts.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    if (text.length < KEPT) text += chunk.toString('latin1');
    if (reads === 'slow') rest(socket, chunk.length);
  });
  if (reads === 'nothing') socket.pause();
  for (const { bytes, pauseMs } of sends) {
    if (closed || end.aborted) break;
    await written(socket, bytes, over);
    if (pauseMs > 0) await Promise.race([sleep(pauseMs), over]);
  }
  await Promise.race([over, sleep(leavesAfterMs, undefined, { ref: false })]);
  const waitedInVain = !closed;
  socket.destroy();
  await over;
  return {
    statuses: [...text.matchAll(STATUS)].map(([, status]) => Number(status)),
    text,
    waitedInVain,
    ms: Date.now() - began,
  };
}

const written = (socket: Socket, bytes: Buffer, over: Promise<void>): Promise<unknown> =>
  Promise.race([
    new Promise<void>((resolve) => void socket.write(bytes, () => resolve())),
    over,
    sleep(LONGEST_MS, undefined, { ref: false }),
  ]);

/** 1 kB every 50 ms. */
function rest(socket: Socket, bytes: number): void {
  socket.pause();
  setTimeout(() => socket.resume(), (bytes / 1024) * 50).unref();
}
