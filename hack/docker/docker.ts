// The docker command line, as far as images and test clusters need it.
//
// Guarantees: what a user can meet (no docker, no daemon, no right to talk to it) is a DockerError of one line that
// says what to do.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** One line for a person. */
export class DockerError extends Error {
  override readonly name = 'DockerError';
}

export interface DockerOptions {
  /** Goes to the command's standard input. */
  readonly input?: string;
  /** Shows the command's output to the user instead of returning it; for what takes long. */
  readonly isShown?: boolean;
  /** Resolves to what it wrote to standard error as well. */
  readonly withErrors?: boolean;
}

/** Runs `docker …`. Resolves to its standard output, trimmed. @throws Error with the end of its standard error */
export function docker(args: readonly string[], options: DockerOptions = {}): Promise<string> {
  const { input, isShown = false, withErrors = false } = options;
  const output = isShown ? 'inherit' : 'pipe';
  return new Promise((resolve, reject) => {
    const child = spawn('docker', args, { stdio: ['pipe', output, output] });
    const chunks: Record<'out' | 'err', Buffer[]> = { out: [], err: [] };
    child.stdout?.on('data', (chunk: Buffer) => chunks.out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.err.push(chunk));
    child.on('error', (error) => reject(isMissing(error) ? new DockerError(NOT_INSTALLED) : error));
    child.on('close', (code) => {
      const [stdout, stderr] = [chunks.out, chunks.err].map((all) => Buffer.concat(all).toString().trim());
      if (code === 0) return resolve(withErrors ? `${stdout}\n${stderr}`.trim() : (stdout ?? ''));
      reject(failure(args, stderr || stdout || '', code));
    });
    child.stdin?.on('error', () => {}); // it may end before it was given any input: its exit code says how
    child.stdin?.end(input);
  });
}

/** `docker FROM | docker TO`. @throws Error with the standard error of the one that failed */
export async function pipeDocker(from: readonly string[], to: readonly string[]): Promise<void> {
  const source = spawn('docker', from, { stdio: ['ignore', 'pipe', 'pipe'] });
  const sink = spawn('docker', to, { stdio: ['pipe', 'ignore', 'pipe'] });
  sink.stdin.on('error', () => {}); // as above
  source.stdout.pipe(sink.stdin);
  await Promise.all([endOf(source, from), endOf(sink, to)]);
}

function endOf(child: ChildProcessByStdio<Writable | null, Readable | null, Readable>, args: readonly string[]) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.on('error', reject);
  child.on('close', (code) => (code === 0 ? resolve() : reject(failure(args, stderr.trim(), code))));
  return promise;
}

function failure(args: readonly string[], said: string, code: number | null): Error {
  return new Error(`docker ${args.slice(0, 6).join(' ')}: ${said || `ended with ${code}`}`);
}

/** @throws DockerError when there is no daemon that can be used */
export async function requireDocker(): Promise<void> {
  try {
    await docker(['version', '--format', '{{.Server.Version}}']);
  } catch (error) {
    if (error instanceof DockerError) throw error;
    throw new DockerError(explainNoDaemon(error instanceof Error ? error.message : String(error)));
  }
}

/** Whether the daemon has the image. */
export function hasImage(image: string): Promise<boolean> {
  return docker(['image', 'inspect', '--format', '{{.Id}}', image]).then(
    () => true,
    () => false,
  );
}

const NOT_INSTALLED =
  'docker: not found on the PATH; install Docker, or a docker command line for the engine that you have';

/** From what the command line said to what a user is to do. */
export function explainNoDaemon(message: string): string {
  if (/permission denied/i.test(message)) {
    return 'docker: this user may not talk to the daemon; add it to the group docker and log in again, or run as root';
  }
  const where = /\b(unix|tcp|ssh|npipe):\/\/[^\s.]+(\.[^\s.]+)*/.exec(message)?.[0];
  return `docker: no daemon answers${where === undefined ? '' : ` at ${where}`}; start it, or set DOCKER_HOST to one that runs`;
}

function isMissing(error: Error): boolean {
  return 'code' in error && error.code === 'ENOENT';
}
