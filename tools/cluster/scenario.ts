import { type Story, stageOf } from '../run/scenario.ts';

/** `scenario <system> <address of its gateway>`: the story that `./run scenario` tells on a laptop. */
export async function main([system = '', base = '']: string[]): Promise<number> {
  try {
    const { story } = (await import(`../run/stories/${system}.ts`)) as { story: Story };
    await story.tell(stageOf(base));
    process.stdout.write('\nThe end.\n');
    return 0;
  } catch (error) {
    process.stderr.write(`\nThe story broke off: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
