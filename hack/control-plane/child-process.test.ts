import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { startWatchdog, tail, type Program, type Watchdog } from './child-process.ts';
import { eventually, isAlive } from './testing/processes.ts';
import { scratchFolder, writeScript } from './testing/scratch.ts';

function newWatchdog(): { readonly watchdog: Watchdog; readonly folder: string } {
  const folder = join(scratchFolder(), 'watched');
  mkdirSync(folder);
  const watchdog = startWatchdog(folder);
  onTestFinished(() => watchdog.close());
  return { watchdog, folder };
}

function program(folder: string, command: string, ...args: readonly string[]): Program {
  return { name: 'example', command, args, logPath: join(folder, 'example.log') };
}

describe('a program under a watchdog', () => {
  test('runs with its arguments as they are, under the id that it was given', async () => {
    const { watchdog, folder } = newWatchdog();
    const script = writeScript(join(folder, 'show'), 'echo "$$|$1|$2"');
    const running = watchdog.start(program(folder, script, 'a b', '$HOME'));
    await running.ended;
    expect(readFileSync(join(folder, 'example.log'), 'utf8')).toBe(`${running.pid}|a b|$HOME\n`);
  });

  test('has both its outputs in the log, also after a second start', async () => {
    const { watchdog, folder } = newWatchdog();
    const twice = program(folder, '/bin/sh', '-c', 'echo out; echo err >&2');
    await watchdog.start(twice).ended;
    await watchdog.start(twice).ended;
    expect(tail(twice.logPath)).toBe('out\nerr\nout\nerr');
  });

  test('tells how it ended', async () => {
    const { watchdog, folder } = newWatchdog();
    const failing = watchdog.start(program(folder, '/bin/sh', '-c', 'exit 3'));
    const missing = watchdog.start(program(folder, join(folder, 'missing')));
    const killed = watchdog.start(program(folder, 'sleep', '600'));
    expect(killed.end).toBeUndefined();
    killed.signal('SIGKILL');
    await Promise.all([failing.ended, missing.ended, killed.ended]);
    expect([failing.end, missing.end, killed.end]).toEqual(['exit code 3', 'exit code 127', 'signal SIGKILL']);
    expect([failing.wasKilled, missing.wasKilled, killed.wasKilled]).toEqual([false, false, true]);
  });

  test('does not hold the pipe that keeps the watchdog waiting', async () => {
    const { watchdog, folder } = newWatchdog();
    const listing = watchdog.start(
      program(folder, '/bin/sh', '-c', '{ true >&3; } 2>/dev/null && echo open || echo closed'),
    );
    await listing.ended;
    expect(tail(listing.program.logPath)).toBe('closed');
  });
});

describe('a watchdog', () => {
  test('kills what still runs and removes its folder when it is closed', async () => {
    const { watchdog, folder } = newWatchdog();
    const { pid } = watchdog.start(program(folder, 'sleep', '600'));
    await watchdog.close();
    expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]);
  });

  test('may be closed twice', async () => {
    const { watchdog } = newWatchdog();
    await watchdog.close();
    await expect(watchdog.close()).resolves.toBeUndefined();
  });

  test('forgets a program that has ended: its id may belong to somebody else by then', () => {
    const { watchdog, folder } = newWatchdog();
    const bystander = spawn('sleep', ['600']);
    onTestFinished(() => void bystander.kill('SIGKILL'));
    // The shell script on its own, told about a process that is not its business any more.
    const script = join(import.meta.dirname, 'watchdog.sh');
    const other = spawn('/bin/sh', [script, join(folder, 'other')], { stdio: ['pipe', 'ignore', 'ignore'] });
    other.stdin.end(`watch ${bystander.pid}\nforget ${bystander.pid}\n`);
    return once(other, 'exit').then(() => {
      expect(bystander.pid !== undefined && isAlive(bystander.pid)).toBe(true);
      return watchdog.close();
    });
  });

  test.for<{ name: string; end: NodeJS.Signals }>([
    { name: 'kill -9', end: 'SIGKILL' },
    { name: 'Ctrl-C', end: 'SIGINT' },
    { name: 'a closed terminal', end: 'SIGHUP' },
    { name: 'a crash', end: 'SIGSEGV' },
  ])('leaves no process and no folder behind after $name', async ({ end }) => {
    const folder = join(scratchFolder(), 'watched');
    mkdirSync(folder);
    // A process group of its own, which gets the signal as a whole, as from a terminal.
    const script = join(import.meta.dirname, 'testing', 'watchdog-parent.ts');
    const parent = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const [line]: Buffer[] = await once(parent.stdout, 'data');
    const pids = String(line).trim().split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    process.kill(-(parent.pid ?? 0), end);
    await eventually('all gone', () => !pids.some(isAlive) && !existsSync(folder));
  });
});
