// Long-running child processes that never outlive us.
//
// Guarantees: every program started through a watchdog is gone once this process has ended, however it ended (exit,
// crash, Ctrl-C, kill -9), and so is the watchdog's folder. There is no window: a program announces its own pid to the
// watchdog before it becomes itself, over a pipe that only it and we hold open; the watchdog clears up when that closes.
// Not guaranteed: anything, when someone kills the watchdog itself. Needs a POSIX sh; not for Windows.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

/** Announces its pid on descriptor 3, closes that and becomes the program. */
const ANNOUNCE = 'echo "watch $$" >&3; exec "$@" 3>&-';

export interface Program {
  /** How errors call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Takes standard output and standard error; appended to. */
  readonly logPath: string;
}

export interface RunningProgram {
  readonly program: Program;
  readonly pid: number;
  /** Resolves when the process has ended. Never rejects. */
  readonly ended: Promise<void>;
  /** How it ended: `exit code 1`, `signal SIGKILL`. Undefined while it runs. */
  readonly end: string | undefined;
  /** Whether it was to get SIGKILL from us, also where it had ended by itself by then. */
  readonly wasKilled: boolean;
  /** Sends a signal; does nothing once the process has ended. */
  signal(signal: NodeJS.Signals): void;
}

export interface Watchdog {
  /** @throws Error when the program cannot be started at all */
  start(program: Program): RunningProgram;
  /** Kills what still runs, removes the folder, and resolves when both are done. Idempotent. */
  close(): Promise<void>;
}

/** A watchdog over `folder`, which it removes in the end. */
export function startWatchdog(folder: string): Watchdog {
  // As text: a shell reads a file as it goes, and the file may change under a long run. In a session of its own: a Ctrl-C
  // at the terminal does not reach it.
  const script = readFileSync(join(import.meta.dirname, 'watchdog.sh'), 'utf8');
  const sh = spawn('/bin/sh', ['-c', script, 'nodefleet-watchdog', folder], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const gone = once(sh, 'exit');
  // A watchdog that somebody killed cannot be told anything any more.
  sh.stdin.on('error', () => {});
  const started: RunningProgram[] = [];
  return {
    start: (program) => {
      const running = start(program, sh.stdin);
      started.push(running);
      return running;
    },
    async close() {
      sh.stdin.end();
      await gone;
      // Killed is not yet gone: on a busy machine that takes the kernel, and us who reap them, a moment more.
      for (const running of started) running.signal('SIGKILL');
      await Promise.all(started.map(({ ended }) => ended));
    },
  };
}

function start(program: Program, watchdog: Writable): RunningProgram {
  const log = openSync(program.logPath, 'a');
  let child: ChildProcess;
  try {
    child = spawn('/bin/sh', ['-c', ANNOUNCE, 'sh', program.command, ...program.args], {
      stdio: ['ignore', log, log, watchdog],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  const { pid } = child;
  if (pid === undefined) throw new Error(`start ${program.name}: could not run /bin/sh`);
  let end: string | undefined;
  let wasKilled = false;
  const ended = once(child, 'exit').then(([code, signal]) => {
    end = signal === null ? `exit code ${code}` : `signal ${signal}`;
    watchdog.write(`forget ${pid}\n`);
  });
  return {
    program,
    pid,
    ended,
    get end() {
      return end;
    },
    get wasKilled() {
      return wasKilled;
    },
    signal(signal) {
      wasKilled ||= signal === 'SIGKILL';
      if (end !== undefined) return;
      child.kill(signal);
    },
  };
}

/** The last lines of a program's log, for errors. */
export function tail(logPath: string, lines = 15): string {
  return readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}
