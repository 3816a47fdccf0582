// Files that may be run, and how they get into the cache.
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Lets `make` write a program to a path of its own and then moves it to `path` in one step: who looks sees all of it or
 * nothing. Two processes that install the same path both succeed; nothing is left behind when `make` rejects.
 */
export async function install(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const scratch = mkdtempSync(join(dirname(path), '.new-'));
  try {
    const temporary = join(scratch, 'program');
    await make(temporary);
    await chmod(temporary, 0o755);
    renameSync(temporary, path);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
