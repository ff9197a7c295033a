import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { portOffset, root } from '../paths.ts';
import * as client from './client.ts';
import { isGuarded, tokenFor } from './token.ts';

type Json = Record<string, unknown>;

/** What a story is told with. */
export interface Stage {
  /** What comes next, for a person who has never seen the system. */
  scene(title: string): void;
  /** A client's request through the gateway, shown with its answer. Throws when the status is not the expected one. */
  ask(method: string, path: string, body: Json | undefined, status: number): Promise<Json>;
  /** Waits until a service shows what its policy has done, and shows it. */
  happens(service: string, what: string, path: string, shows: (answer: Json) => string | undefined): Promise<void>;
}

/** A story of a system: plays its contract step by step. */
export interface Story {
  readonly port: number;
  play(stage: Stage): Promise<void>;
}

/** Records of a HAL collection. */
export const embedded = (answer: Json): Json[] =>
  Object.values((answer._embedded ?? {}) as Record<string, Json[]>).flat();

const tty = process.stdout.isTTY;
const bold = (text: string): string => (tty ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text: string): string => (tty ? `\u001b[2m${text}\u001b[0m` : text);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const LIMIT_MS = 30_000;

/**
 * A stage whose gateway is at this address.
 * @param token what it asks for; undefined: nothing
 */
export function stageOf(base: string, token?: string): Stage {
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const call = async (method: string, path: string, body?: Json): Promise<{ status: number; answer: Json }> => {
    const response = await fetch(base + path, {
      method,
      headers: { ...authorization, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return { status: response.status, answer: text ? (JSON.parse(text) as Json) : {} };
  };
  return {
    scene: (title) => print(`\n${bold(title)}`),
    async ask(method, path, body, expected) {
      print(`  > ${method} ${base}${path} ${body ? JSON.stringify(body) : ''}`);
      const { status, answer } = await call(method, path, body);
      const { _links, ...shown } = answer;
      print(`  < ${status} ${Object.keys(shown).length > 0 ? JSON.stringify(shown) : ''}`);
      if (status !== expected) throw new Error(`${method} ${path} answered ${status}, not ${expected}.`);
      return answer;
    },
    async happens(service, what, path, shows) {
      const started = performance.now();
      for (;;) {
        const { status, answer } = await call('GET', path);
        const seen = status === 200 ? shows(answer) : undefined;
        if (seen !== undefined) {
          print(
            `    ${service.padEnd(9)} ${what}: ${bold(seen)} ${dim(`after ${(performance.now() - started).toFixed(0)} ms`)}`,
          );
          return;
        }
        if (performance.now() - started > LIMIT_MS) throw new Error(`${service} did not: ${what} (GET ${path}).`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

/** `./run scenario <system>` */
export async function main([system]: string[]): Promise<number> {
  const folder = join(root, 'tools/run/cli/stories');
  const names = (await readdir(folder)).map((file) => file.replace(/\.ts$/, ''));
  if (!system || !names.includes(system)) {
    process.stderr.write(`Name a system that has a story: ${names.join(', ')}.\n`);
    return 2;
  }
  const status = await client.status();
  if (!status?.systems.includes(system)) {
    process.stderr.write(`${system} does not run; start it with ./run up ${system} --detach.\n`);
    return 1;
  }
  const { story } = (await import(pathToFileURL(join(folder, `${system}.ts`)).href)) as { story: Story };
  try {
    const token = isGuarded(status) ? await tokenFor(system) : undefined;
    await story.play(stageOf(`http://localhost:${story.port + portOffset}`, token));
  } catch (error) {
    process.stderr.write(`\nThe story broke off: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  print(`\n${bold('The end.')} What each service says: ./run logs`);
  return 0;
}
