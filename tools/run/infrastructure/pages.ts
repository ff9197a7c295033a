import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build as bundle } from 'esbuild';
import { root } from '../paths.ts';

/** The pages of these systems: what the gateway of each serves, and the files they were made of. */
export interface Pages {
  /** By system, the text of each file by its name. */
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly inputs: readonly string[];
}

const kit = 'services/gateway/page-kit';
const shell = `${kit}/index.html`;
const icon = `${kit}/icon.svg`;

/** Builds for browsers. What is made is named by its content, so that it may be kept for good. */
export async function pagesOf(systems: readonly string[]): Promise<Pages> {
  const { outputFiles, metafile } = await bundle({
    absWorkingDir: root,
    entryPoints: systems.map((system) => ({ in: `services/${system}/page/main.tsx`, out: `${system}/page` })),
    entryNames: '[dir]/[name]-[hash]',
    outdir: '.madang/pages',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    write: false,
    metafile: true,
  });
  const [template, picture] = await Promise.all([shell, icon].map((file) => readFile(join(root, file), 'utf8')));
  const filesOf = (system: string): Record<string, string> => {
    const made = outputFiles.filter(({ path }) => path.includes(`/${system}/page-`));
    const assets = Object.fromEntries(made.map(({ path, text }) => [basename(path), text]));
    const name = (kind: string): string => Object.keys(assets).find((file) => file.endsWith(kind)) ?? '';
    const html = template!.replace('page.css', name('.css')).replace('page.js', name('.js'));
    return { 'index.html': html, 'icon.svg': picture!, ...assets };
  };
  return {
    files: Object.fromEntries(systems.map((system) => [system, filesOf(system)])),
    inputs: [...Object.keys(metafile.inputs), shell, icon],
  };
}
