import { spawn } from 'node:child_process';
import { join } from 'node:path';

const playing = new Set<string>();

/** Systems whose story is being played now. */
export const played = (): readonly string[] => [...playing];

/**
 * Plays the story of a system, as `./run scenario` does.
 * @returns a sentence: that it is played to its end, or why it broke off
 */
export function play(system: string): Promise<string> {
  if (playing.has(system)) return Promise.resolve(`The story of ${system} is being played already.`);
  playing.add(system);
  return new Promise((resolve) => {
    let said = '';
    // This process runs in the folder of the repository.
    const child = spawn(join(process.cwd(), 'run'), ['scenario', system], { stdio: ['ignore', 'ignore', 'pipe'] });
    const end = (code: number | null): void => {
      playing.delete(system);
      resolve(code === 0 ? `The story of ${system} was played to its end.` : said.trim() || 'The story broke off.');
    };
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      said = (said + piece).slice(-500);
    });
    child.once('error', ({ message }) => {
      said = message;
      end(1);
    });
    child.once('close', end);
  });
}
