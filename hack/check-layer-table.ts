// CLAUDE.md shows the table of hack/lint/layers.ts, which the lint rule enforces: this keeps the copy equal.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { layerTable } from './lint/layers.ts';

/** The rows of the table that begins with a column `layer`, without the blanks that only align them. */
export function tableIn(markdown: string): readonly string[] {
  const lines = markdown.split('\n').map(normalize);
  const start = lines.findIndex((line) => line.startsWith('|layer|'));
  if (start < 0) return [];
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start, end < 0 ? undefined : end);
}

export function isSameTable(markdown: string, table: string): boolean {
  return tableIn(markdown).join('\n') === tableIn(table).join('\n');
}

function normalize(line: string): string {
  return line.replace(/-{3,}/g, '---').replace(/\s*\|\s*/g, '|');
}

if (import.meta.main) {
  const path = resolve(import.meta.dirname, '../CLAUDE.md');
  if (!existsSync(path) || !isSameTable(readFileSync(path, 'utf8'), layerTable())) {
    console.error(`CLAUDE.md does not show the layer table of hack/lint/layers.ts, which is:\n\n${layerTable()}`);
    process.exitCode = 1;
  }
}
