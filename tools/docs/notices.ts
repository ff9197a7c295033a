import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../run/paths.ts';

/** The events of which lecture's alert sends a notice. */
export async function noticed(): Promise<string[]> {
  const configMap = parse(await readFile(join(root, 'helm/madang/config/lecture.yaml'), 'utf8')) as {
    data: { ALERT_EVENTS: string };
  };
  return configMap.data.ALERT_EVENTS.split(',');
}
