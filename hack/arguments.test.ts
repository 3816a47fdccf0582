import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { test } from 'vitest';

const hack = import.meta.dirname;

test.concurrent.for<[what: string, script: string, args: readonly string[], says: string]>([
  ['the demo', 'demo.ts', ['--nosuch'], "make run: unknown option '--nosuch'; it takes ONCE=1\n"],
  [
    'the measurements',
    'measure.ts',
    ['--fleets', 'many'],
    'make measure: --fleets=many is not a whole number above 0; use --fleets=100, for example\n',
  ],
  [
    'the report',
    'reliability/main.ts',
    ['--nosuch'],
    "make reliability: unknown option '--nosuch'; it takes ARGS=--gather\n",
  ],
])(
  '%s of a wrong argument says in one line what it takes, and ends with 2: %s %j',
  async ([, script, args, says], { expect }) => {
    const program = spawn(process.execPath, [join(hack, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [status]] = await Promise.all([
      text(program.stdout),
      text(program.stderr),
      once(program, 'exit'),
    ]);
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: says });
  },
);
