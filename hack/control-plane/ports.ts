// Free ports on the loopback interface.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections. */
const FIRST = 20_000;
const LAST = 32_000;
const handedOut = new Set<number>();

/**
 * A random port of 127.0.0.1 that nobody listens on, never the same one twice in this process.
 *
 * Not guaranteed: that another process does not take it before you do. The odds are one in thousands; start again then.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (handedOut.has(port)) continue;
    handedOut.add(port); // before the look, which somebody else may take at the same time
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
