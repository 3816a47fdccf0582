// Files that a program of this folder writes, or, with --check, compares with what it would write.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';

/** Their text by their absolute path. */
export type GeneratedFiles = ReadonlyMap<string, string>;

export function writeAll(files: GeneratedFiles): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** Says which files differ, one line each, and how to mend it; the exit code is 1 then. `program` is its own path. */
export function checkAll(files: GeneratedFiles, program: string): void {
  for (const [path, text] of files) {
    if (read(path) === text) continue;
    console.error(`${relative(process.cwd(), path)} is out of date: run \`node ${program}\` and commit it`);
    process.exitCode = 1;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
