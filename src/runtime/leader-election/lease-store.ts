// One Lease on the API server: read, written, followed.
//
// Guarantees: every write is conditional, on the version that was read or on there being none; it changes `spec` and
// nothing else; it ends within its timeout, and waits behind no request of the rest of the program. Nothing is sent
// twice.
import { apiVersionOf, LEASE, type Lease, type StoredLease } from '../../kube/kinds.ts';
import type { ObjectKey } from '../../kube/object.ts';
import { Reflector } from '../cache/reflector.ts';
import { isNotFound } from '../client/api-error.ts';
import { createObjectReader, requestJson } from '../client/object-reader.ts';
import { collectionPath, objectPath, withQuery } from '../client/rest-path.ts';
import type { Transport } from '../client/transport.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Random } from '../random.ts';
import type { LeaseSpec } from './lease-record.ts';

export interface LeaseStore {
  /** The lease as it is now; undefined if there is none. */
  read(timeoutMs: number): Promise<StoredLease | undefined>;
  /**
   * Makes `spec` what the lease says, if it is still exactly `base`; undefined: if there is none.
   *
   * @throws ApiError 409 when somebody wrote first, 404 when it is gone. After a TransportError it may have been written.
   */
  write(base: StoredLease | undefined, spec: LeaseSpec, timeoutMs: number): Promise<StoredLease>;
  /** Calls back for what a watch tells, which may be older than what was read, until the signal aborts. */
  follow(onChange: (lease: StoredLease | undefined) => void, signal: AbortSignal): Following;
}

export interface Following {
  /** Whether a change would be heard of at once, as far as is known. */
  readonly isLive: boolean;
}

export interface LeaseStoreOptions {
  readonly transport: Transport;
  readonly key: ObjectKey;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export function createLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { transport, key } = options;
  return {
    read: async (timeoutMs) => {
      try {
        const path = objectPath(LEASE, key);
        return await requestJson<StoredLease>(transport, { method: 'GET', path, timeoutMs, isUrgent: true });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    write: async (base, spec, timeoutMs) =>
      base === undefined ? create(transport, key, spec, timeoutMs) : patch(transport, base, spec, timeoutMs),
    follow: (onChange, signal) => follow(options, onChange, signal),
  };
}

function create(transport: Transport, key: ObjectKey, spec: LeaseSpec, timeoutMs: number): Promise<StoredLease> {
  const lease: Lease = { apiVersion: apiVersionOf(LEASE), kind: LEASE.kind, metadata: { ...key }, spec };
  return requestJson(transport, {
    method: 'POST',
    path: withQuery(collectionPath(LEASE, key.namespace), { fieldValidation: 'Strict' }),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(lease),
    timeoutMs,
    isUrgent: true,
  });
}

function patch(
  transport: Transport,
  { metadata }: StoredLease,
  spec: LeaseSpec,
  timeoutMs: number,
): Promise<StoredLease> {
  const { namespace = '', name, uid, resourceVersion } = metadata;
  return requestJson(transport, {
    method: 'PATCH',
    path: withQuery(objectPath(LEASE, { namespace, name }), { fieldValidation: 'Strict' }),
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ metadata: { uid, resourceVersion }, spec }),
    timeoutMs,
    isUrgent: true,
  });
}

function follow(
  { transport, key, clock, random, log }: LeaseStoreOptions,
  onChange: (lease: StoredLease | undefined) => void,
  signal: AbortSignal,
): Following {
  let isTold = false;
  const tell = (lease: StoredLease | undefined): void => {
    isTold = true;
    onChange(lease);
  };
  const reflector = new Reflector(
    {
      kind: LEASE,
      watcher: createObjectReader(transport),
      namespace: key.namespace,
      fieldSelector: `metadata.name=${key.name}`,
      // Without the right to watch, the lease is read from time to time.
      isOptional: true,
      clock,
      random,
      log: log.child({ kind: LEASE.plural }),
    },
    {
      replace: ([lease]) => tell(lease),
      apply: ({ type, object }) => tell(type === 'DELETED' ? undefined : object),
      advance: () => {},
      refuse: () => {},
    },
  );
  void reflector.run(signal);
  return {
    get isLive() {
      return isTold && reflector.lastError === undefined;
    },
  };
}
