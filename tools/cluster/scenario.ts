import { request } from 'undici';
import { type Story, stageOf } from '../run/cli/scenario.ts';
import { until } from './until.ts';

const PATIENCE_MS = 120_000;

/** @throws Error with what to look at when the entrance does not become ready */
async function entranceOf(base: string): Promise<void> {
  const ready = (): Promise<true | undefined> =>
    request(`${base}/readyz`, { headersTimeout: 2_000 }).then(
      ({ statusCode, body }) => body.dump().then(() => (statusCode === 204 ? true : undefined)),
      () => undefined,
    );
  await until('', PATIENCE_MS, ready).catch(() => {
    throw new Error(
      'the gateway is not ready. `kubectl get pods`: where a pod has one container alone, Dapr or its injector was away when it was made (restart the deployment); where prepare still runs, `kubectl logs <pod> -c prepare` says what it waits for',
    );
  });
}

/** `scenario <system> <address of its gateway>`: the story that `./run scenario` tells on a laptop. */
export async function main([system = '', base = '']: string[]): Promise<number> {
  try {
    await entranceOf(base);
    const { story } = (await import(`../run/cli/stories/${system}.ts`)) as { story: Story };
    await story.play(stageOf(base));
    process.stdout.write('\nThe end.\n');
    return 0;
  } catch (error) {
    process.stderr.write(`\nThe story broke off: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
