// A folder and an environment in which the commands of the docs work as they stand there: kubectl with the plugin, the
// cluster as the current context, and the repository's manifests below the working directory.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Plane } from '../envtest/support/cluster.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Milliseconds after which commands are ended. */
const TIMEOUT_MS = 180_000;

export interface Shell {
  /** Writes a file that commands name. */
  write(file: string, text: string): void;
  /** Runs commands as a script that ends at the first failure. @throws Error with the commands and all they printed */
  run(commands: string): Promise<string>;
}

/** Gone when the test is over. */
export function openShell({ kubectl, kubeconfigPath }: Plane): Shell {
  const home = mkdtempSync(join(tmpdir(), 'nodefleet-docs-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const bin = join(home, 'bin');
  mkdirSync(bin);
  symlinkSync(kubectl, join(bin, 'kubectl'));
  const plugin = join(bin, 'kubectl-nodefleet');
  writeFileSync(plugin, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'src/plugin/main.ts')}' "$@"\n`);
  chmodSync(plugin, 0o755);
  for (const folder of ['config', 'crds']) symlinkSync(join(ROOT, folder), join(home, folder));
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOME: home, KUBECONFIG: kubeconfigPath };
  return {
    write: (file, text) => writeFileSync(join(home, file), text),
    run: (commands) => run(commands, home, env),
  };
}

function run(commands: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve_, reject) => {
    const child = spawn('bash', ['--norc', '-euo', 'pipefail', '-c', commands], { cwd, env, timeout: TIMEOUT_MS });
    const printed: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => printed.push(text));
    }
    child.stdin.end();
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const output = printed.join('');
      if (code === 0) resolve_(output);
      else reject(new Error(`ended with ${code ?? signal}:\n${commands}\n--- it printed:\n${output}`));
    });
  });
}
