// A live view of all NodeDeployments, by a watch.
import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { GROUP, VERSION } from '../../src/api/v1alpha1/names.ts';
import { formatKey, keyOf, type ObjectKey } from '../../src/kube/object.ts';
import { sleep, systemClock, type Clock } from '../../src/runtime/clock.ts';
import type { ApiClient } from '../control-plane/api-client.ts';

export interface WaitOptions {
  /** What is waited for, for the error: `every sample is Ready`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Rejects when there is no point in waiting any longer. Default: never. */
  readonly failed?: Promise<never>;
}

export interface Fleets {
  /** By namespace and name. */
  all(): readonly StoredNodeDeployment[];
  get(key: ObjectKey): StoredNodeDeployment | undefined;
  /** Calls back after each change, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /**
   * Resolves as soon as `isDone`, asked after each change.
   *
   * @throws Error at the timeout or with why it `failed`; what the signal was aborted with
   */
  until(isDone: () => boolean, options: WaitOptions): Promise<void>;
  close(): void;
}

export function watchFleets(client: Pick<ApiClient, 'mirror'>, clock: Clock = systemClock): Fleets {
  const listeners = new Set<() => void>();
  const mirror = client.mirror<StoredNodeDeployment>(`/apis/${GROUP}/${VERSION}/nodedeployments`, () => {
    for (const listener of listeners) listener();
  });
  const onChange = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    all: () => mirror.objects().toSorted((a, b) => formatKey(keyOf(a)).localeCompare(formatKey(keyOf(b)))),
    get: ({ namespace, name }) =>
      mirror.objects().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    onChange,
    until: (isDone, options) => until(clock, onChange, isDone, options),
    close: () => mirror.close(),
  };
}

async function until(
  clock: Clock,
  onChange: Fleets['onChange'],
  isDone: () => boolean,
  options: WaitOptions,
): Promise<void> {
  const { what, timeoutMs, signal, failed } = options;
  const over = new AbortController();
  const done = new Promise<void>((resolve) => {
    const look = (): void => void (isDone() && resolve());
    over.signal.addEventListener('abort', onChange(look));
    look();
  });
  try {
    const ends = [
      timeout(clock, what, timeoutMs, over.signal),
      aborted(signal, over.signal),
      ...(failed ? [failed] : []),
    ];
    await Promise.race([done, ...ends]);
  } finally {
    over.abort();
  }
}

async function timeout(clock: Clock, what: string, timeoutMs: number, signal: AbortSignal): Promise<never> {
  await sleep(clock, timeoutMs, signal);
  throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}`);
}

/** Rejects when `signal` aborts; listens no longer than until `over`. */
export function aborted(signal: AbortSignal, over?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, ...(over && { signal: over }) });
  });
}
