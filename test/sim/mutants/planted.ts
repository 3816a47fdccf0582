// A bug planted in a copy of the repository, and what a program of that copy says of it.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Mutant } from './mutant.ts';

const ROOT = join(import.meta.dirname, '../../..');
const COPIED = ['src', 'test/sim', 'package.json'];

/**
 * Runs `node <program> <args>` in a copy that has the bug, and removes the copy.
 * @returns the first line that it printed
 * @throws Error of one line where the bug has no place any more, or the program does not end well
 */
export async function runPlanted(mutant: Mutant, program: string, args: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-mutant-'));
  try {
    for (const part of COPIED) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    plant(mutant, join(folder, 'src'));
    return await firstLineOf(folder, program, args);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function plant({ edits }: Mutant, sources: string): void {
  for (const { file, find, replace } of edits) {
    const path = join(sources, file);
    const parts = readFileSync(path, 'utf8').split(find);
    if (parts.length !== 2) throw new Error(`plant: src/${file} has ${parts.length - 1} times: ${lineOf(find)}`);
    writeFileSync(path, parts.join(replace));
  }
}

function firstLineOf(cwd: string, program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout.split('\n', 1)[0] ?? '');
      const how = error.signal ? `killed by ${error.signal}` : `exit code ${error.code}`;
      const why = /^\w*Error\b.*$/m.exec(stderr)?.[0] ?? lineOf(stderr);
      reject(new Error(`${program}: ${how}: ${why.trim()}`));
    });
  });
}

function lineOf(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').slice(0, 200);
}
