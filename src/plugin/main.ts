#!/usr/bin/env node
// The process of `kubectl nodefleet`: the only file of the plugin that reads the environment, writes and exits.
//
// Exit codes: 0, 1 for a failure, 2 for a wrong command line. Each failure is one line on standard error.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';

import { connect, type KubeConnection } from '../runtime/client/kube-client.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { systemClock } from '../runtime/clock.ts';
import { parseCommandLine, type Run } from './command-line.ts';
import { createEdits } from './edits.ts';
import { CommandError, explain } from './errors.ts';
import type { Options } from './flags.ts';
import { paletteFor } from './palette.ts';
import { execute } from './execute.ts';
import { kubectlWith } from './kubectl.ts';

async function run(command: Run): Promise<void> {
  const { kubeconfig, context } = command.options;
  let connection: KubeConnection | undefined;
  try {
    connection = await connect({
      environment: process.env,
      userAgent: `kubectl-nodefleet/${readVersion()}`,
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
    await answer(command, connection);
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError(explain(error, connection), { cause: error });
  } finally {
    await connection?.transport.close();
  }
}

async function answer(command: Run, connection: KubeConnection): Promise<void> {
  const { transport, contextName } = connection;
  const { options } = command;
  const namespace = options.namespace ?? connection.namespace;
  const palette = paletteFor(process.stdout.isTTY, process.env);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const result = await execute(
    {
      reader: createObjectClient(transport),
      edits: createEdits(transport),
      namespace,
      contextName,
      clock: systemClock,
      kubectl: kubectlWith({ ...options, namespace }),
    },
    command,
    { print: isText(options) ? print : () => {}, ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined },
  );
  if (!isText(options)) print(JSON.stringify(result.json, undefined, 2));
  else for (const line of result.lines({ palette, now: systemClock.now() })) print(line);
}

/** Asks on standard error, so that a document on standard output stays one. Only `y` and `yes` agree; Ctrl-C and Ctrl-D do not. */
async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = once(lines, 'close').then(() => '');
    const answer = await Promise.race([lines.question(`${question} [y/N] `).catch(() => ''), ended]);
    if (answer === '') process.stderr.write('\n');
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

function isText({ output }: Options): boolean {
  return output === undefined;
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
}

// What is left to say when the reader of a pipe has gone (`| head`) is said to nobody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const invocation = parseCommandLine(process.argv.slice(2));
  if (invocation.type === 'help') process.stdout.write(invocation.text);
  else if (invocation.type === 'version') process.stdout.write(`kubectl-nodefleet ${readVersion()}\n`);
  else await run(invocation);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
}
