import { inspect } from 'node:util';

/**
 * Ends this process with the code that `work` answers. What a person can mend is an Error with a sentence: it is told as
 * `./run` tells it, and the code is 1. Any other error is a fault of the test itself, so its stack is told, too.
 */
export async function endWith(work: () => Promise<number>): Promise<never> {
  const code = await work().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error && error.constructor === Error ? error.message : inspect(error)}\n`);
    return 1;
  });
  // Whoever reads through a pipe would miss the end of what was told.
  await new Promise<void>((told) => process.stdout.write('', () => told()));
  process.exit(code);
}
