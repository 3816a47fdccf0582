// Runs named commands one after another, all of them whatever fails, and prints one line for each.
import { spawn } from 'node:child_process';

export interface Step {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** What puts it right, printed when the step fails. */
  readonly remedy?: string;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** The output of a step that passes is dropped; `print` takes whole lines. */
export async function runSteps(steps: readonly Step[], print: (line: string) => void): Promise<Tally> {
  let failed = 0;
  for (const step of steps) {
    const startedAt = performance.now();
    const { isPassed, output } = await run(step.command);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    print(`${isPassed ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`);
    if (isPassed) continue;
    failed += 1;
    const lines = output.trimEnd().split('\n');
    if (step.remedy !== undefined) lines.push(`remedy: ${step.remedy}`);
    for (const line of lines) print(`       ${line}`.trimEnd());
  }
  return { passed: steps.length - failed, failed };
}

function run([program, ...args]: Step['command']): Promise<{ isPassed: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const end = (isPassed: boolean, last: string) =>
      resolve({ isPassed, output: Buffer.concat(chunks).toString() + last });
    child.on('error', (error) => end(false, `${program}: ${error.message}\n`));
    child.on('close', (code, signal) => end(code === 0, signal === null ? '' : `${program}: ended by ${signal}\n`));
  });
}
