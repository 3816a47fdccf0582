import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { scratchFolder, writeScript } from '../testing/scratch.ts';
import { install, isExecutable } from './executable.ts';

describe('isExecutable', () => {
  test('is true of a program', () => {
    expect(isExecutable(writeScript(join(scratchFolder(), 'program')))).toBe(true);
  });

  test('is false of a file that may not be run, of a folder and of nothing', () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'text'), '');
    chmodSync(join(folder, 'text'), 0o644);
    mkdirSync(join(folder, 'folder'));
    expect(['text', 'folder', 'absent'].map((name) => isExecutable(join(folder, name)))).toEqual([false, false, false]);
  });
});

describe('install', () => {
  test('shows nothing at the path before the program is complete', async () => {
    const path = join(scratchFolder(), 'a', 'program');
    await install(path, async (temporary) => {
      writeFileSync(temporary, 'half');
      expect(isExecutable(path)).toBe(false);
      writeFileSync(temporary, 'whole');
    });
    expect(isExecutable(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('whole');
  });

  test('leaves nothing behind when making the program fails', async () => {
    const folder = scratchFolder();
    const failing = install(join(folder, 'program'), async (temporary) => {
      writeFileSync(temporary, 'half');
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('lets two install the same program at once', async () => {
    const path = join(scratchFolder(), 'program');
    const make = async (temporary: string): Promise<void> => writeFileSync(temporary, 'same');
    await Promise.all([install(path, make), install(path, make)]);
    expect(readFileSync(path, 'utf8')).toBe('same');
    expect(readdirSync(join(path, '..'))).toEqual(['program']);
  });
});
