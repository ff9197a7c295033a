const WIDTH = 120;

/** A comment of whole sentences, broken into lines that are not too wide. */
export function comment(paragraph: string, indent = 0): string {
  const before = `${' '.repeat(indent)}#`;
  const lines: string[] = [];
  let line = before;
  for (const word of paragraph.split(/\s+/)) {
    if (line !== before && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = before;
    }
    line += ` ${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}

/** A list under a name, as the formatter leaves it. */
export function listed(name: string, values: readonly string[]): string {
  const line = `[${values.join(', ')}]`;
  if (`${name}: ${line}`.length <= WIDTH) return `${name}: ${line}`;
  if (`  ${line}`.length <= WIDTH) return `${name}:\n  ${line}`;
  return `${name}:\n  [\n${values.map((value) => `    ${value},\n`).join('')}  ]`;
}

/** A time as Dapr reads it. */
export const time = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);
