// How soon a replica that is started again is at work: until it has connected, and until it has acted on an edit that was
// made meanwhile.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { systemClock } from '../../src/runtime/clock.ts';
import type { StartedControlPlane } from '../control-plane/control-plane.ts';

/** From exec, in milliseconds. */
export interface StartTimes {
  readonly connectedMs: number;
  readonly wroteMs: number;
  /** From SIGTERM until the process was gone, in milliseconds. */
  readonly stoppedMs: number;
}

/** A way to the API server that sees when somebody takes it. */
export interface Door extends Disposable {
  /** Of the same user as the control plane's own, through this door. */
  readonly kubeconfigPath: string;
  /** Resolves when the next connection comes in. */
  opened(): Promise<unknown>;
}

export async function openDoor({ server, kubeconfigPath, dir }: StartedControlPlane): Promise<Door> {
  const { hostname, port } = new URL(server);
  const door = createServer((client) => {
    const behind = dial(Number(port), hostname);
    client.pipe(behind).pipe(client);
    client.on('error', () => behind.destroy());
    behind.on('error', () => client.destroy());
  });
  door.listen(0, hostname);
  await once(door, 'listening');
  const { port: own } = door.address() as AddressInfo;
  const path = join(dir, 'door.kubeconfig');
  writeFileSync(path, readFileSync(kubeconfigPath, 'utf8').replaceAll(server, `https://${hostname}:${own}`));
  return {
    kubeconfigPath: path,
    opened: () => once(door, 'connection'),
    [Symbol.dispose]: () => void door.close(),
  };
}

/**
 * Starts a replica, times it and stops it.
 *
 * @param edit changes a fleet at once; `seenAt`, on the monotonic clock, is when the replica's first write because of it came
 */
export async function timeStart(
  door: Door,
  start: () => ChildProcess,
  edit: () => Promise<{ readonly seenAt: number }>,
): Promise<StartTimes> {
  const execAt = systemClock.monotonic();
  const connected = door.opened().then(() => systemClock.monotonic());
  const replica = start();
  try {
    const [connectedAt, { seenAt }] = await Promise.all([connected, edit()]);
    const stopAt = systemClock.monotonic();
    await stop(replica);
    return {
      connectedMs: connectedAt - execAt,
      wroteMs: seenAt - execAt,
      stoppedMs: systemClock.monotonic() - stopAt,
    };
  } finally {
    await stop(replica);
  }
}

/** Resolves when it is gone, also where it was before. */
export async function stop(replica: ChildProcess): Promise<void> {
  if (replica.exitCode !== null || replica.signalCode !== null) return;
  const exited = once(replica, 'exit');
  replica.kill('SIGTERM');
  await exited;
}
