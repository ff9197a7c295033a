import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../paths.ts';
import { goOnMachine } from '../provision/go.ts';
import { run, Unavailable } from '../provision/ways.ts';
import { dist, type ServiceTemplate } from './templates.ts';

const programOf = ({ appId }: ServiceTemplate): string => join(dist, appId);

/** Whether this service is Go, of which a program is built. */
export const isGo = (service: ServiceTemplate): boolean => service.command[0] === programOf(service);

const bytesOf = (file: string): Promise<Buffer | undefined> => readFile(file).catch(() => undefined);

/**
 * Builds a service with the machine's Go, whose own cache knows what has not changed.
 * @param source its folder, from the root of the repository
 * @returns whether its program is another than before
 * @throws Unavailable without Go
 */
export async function buildGo(service: ServiceTemplate, source: string): Promise<boolean> {
  const go = await goOnMachine();
  if (!go) throw new Unavailable(`Go is missing: install Go 1.22 or later, ${service.appId} is written in it.`);
  const program = programOf(service);
  await mkdir(dist, { recursive: true });
  const { code, output } = await run([go, 'build', '-trimpath', '-o', `${program}.new`, '.'], {
    cwd: join(root, source),
    // As its go.mod says, with the Go that is there, whatever the user's own settings are.
    env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local', GOWORK: 'off' },
    limitMs: 600_000,
  });
  // Go names the package in the first line and what is wrong with it in the next.
  const [, first = output] = /^(?!#)(.+)$/m.exec(output) ?? [];
  if (code !== 0) throw new Error(`${service.appId} cannot be built: ${first}`);
  const [before, after] = await Promise.all([bytesOf(program), bytesOf(`${program}.new`)]);
  if (after && before?.equals(after)) {
    await rm(`${program}.new`);
    return false;
  }
  await rename(`${program}.new`, program);
  return true;
}
