// HTTP reads that never hang: a server that is silent is given up, a slow one is not.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Patience {
  /** Milliseconds until the answer must have begun. Default 5,000. */
  readonly answerMs?: number;
  /** Milliseconds that it may pause in the middle. Default 10,000. */
  readonly stallMs?: number;
}

/** The text at a URL. @throws Error that names the URL: no answer in time, or another status than 200 */
export async function fetchText(url: string, patience: Patience = {}): Promise<string> {
  return ask(url, patience, async (response) => response.text());
}

/**
 * Writes what is at a URL to a file. Resolves to its hexadecimal SHA-256. `onProgress` is told the bytes so far and, where
 * the server says it, the total.
 *
 * @throws Error that names the URL
 */
export async function fetchFile(
  url: string,
  path: string,
  onProgress: (bytes: number, total: number | undefined) => void,
  patience: Patience = {},
): Promise<string> {
  return ask(url, patience, async (response, isAlive) => {
    const hash = createHash('sha256');
    const total = Number(response.headers.get('content-length')) || undefined;
    let bytes = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        isAlive();
        hash.update(chunk);
        bytes += chunk.length;
        onProgress(bytes, total);
        done(undefined, chunk);
      },
    });
    await pipeline(response.body ?? [], meter, createWriteStream(path));
    return hash.digest('hex');
  });
}

async function ask<T>(
  url: string,
  { answerMs = 5_000, stallMs = 10_000 }: Patience,
  read: (response: Response, isAlive: () => void) => Promise<T>,
): Promise<T> {
  const giveUp = new AbortController();
  const limit = (ms: number): NodeJS.Timeout =>
    setTimeout(() => giveUp.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
  let timer = limit(answerMs);
  const isAlive = (): void => {
    clearTimeout(timer);
    timer = limit(stallMs);
  };
  try {
    const response = await fetch(url, { signal: giveUp.signal });
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    isAlive();
    return await read(response, isAlive);
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
    giveUp.abort();
  }
}

/** `fetch` hides what went wrong ("fetch failed") in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
