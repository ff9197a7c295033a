import { readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { build, isInterpreted, sourceOf } from '../infrastructure/build.ts';
import { readTemplates } from '../infrastructure/templates.ts';
import { root } from '../paths.ts';
import type { Progress } from '../process.ts';
import type { Supervisor } from './supervisor.ts';

const folders = new Set<string>();

/** Folder by folder: Node's own recursive watching (20, Linux) misses a file that was replaced, as editors do. */
function watchFolder(folder: string, report: (file: string) => void): void {
  const watcher = watch(join(root, folder), (_, name) => {
    if (!name) return;
    const file = `${folder}/${name}`;
    const isNewFolder =
      !folders.has(file) && statSync(join(root, file), { throwIfNoEntry: false })?.isDirectory() === true;
    if (isNewFolder) watchFolder(file, report);
    report(file);
  });
  folders.add(folder);
  watcher.once('error', () => watcher.close()).once('close', () => folders.delete(folder));
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true }))
    if (entry.isDirectory()) watchFolder(`${folder}/${entry.name}`, report);
}

/** Rebuilds when a file under services/ changes, and restarts the apps that are not the same any more. */
export function watchServices(supervisor: Supervisor, progress: Progress): void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let work = Promise.resolve();
  const apply = async () => {
    const files = [...changed];
    changed.clear();
    const services = await readTemplates(supervisor.systems);
    const interpreted = services
      .filter(isInterpreted)
      .filter((service) => files.some((file) => file.startsWith(`${sourceOf(service)}/`)));
    const appIds = [...interpreted.map(({ appId }) => appId), ...(await build(supervisor.systems))];
    if (!appIds.length) return;
    progress(`changed: ${appIds.join(', ')}`);
    await supervisor.restartApps(appIds);
    progress('restarted');
  };
  watchFolder('services', (file) => {
    if (!/\.(tsx?|py|go|mod|json|css|html|svg)$/.test(file) || /(\.spec\.ts|_test\.go)$/.test(file)) return;
    changed.add(file);
    clearTimeout(timer);
    // An editor writes several files, or one in several steps.
    timer = setTimeout(() => {
      work = work
        .then(apply)
        .catch((error: unknown) => progress(error instanceof Error ? error.message : String(error)));
    }, 100);
  });
  progress('watching services/');
}
