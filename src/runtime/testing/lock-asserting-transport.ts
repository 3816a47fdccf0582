// The wire belt of "every write is conditional": a Transport that refuses to send a write which nothing guards.
//
// Guarantees: a status write without a resourceVersion, a patch or replacement of any other object without one, and a
// delete without a uid never reach the server; each is thrown at its caller and kept in `violations`, so that a caller
// who swallows the error cannot hide it. A POST is conditional by itself: it fails for a name that exists.
// Exempt: Event objects, which are records; nobody computes anything from an older version of one.
import type { HttpRequest, Transport } from '../client/transport.ts';

export interface LockAssertingTransport extends Transport {
  /** One line for each write that was refused. */
  readonly violations: readonly string[];
  /** @throws Error that lists the violations, if there are any. Call it when a test ends. */
  assertNoViolations(): void;
}

export function createLockAssertingTransport(inner: Transport): LockAssertingTransport {
  const violations: string[] = [];
  return {
    violations,
    assertNoViolations: () => {
      if (violations.length > 0) throw new Error(violations.join('\n'));
    },
    request: async (request) => {
      const lack = findLack(request);
      if (lack === undefined) return inner.request(request);
      const violation = `wire: ${request.method} ${request.path}: ${lack}`;
      violations.push(violation);
      throw new Error(violation);
    },
    stream: (request) => inner.stream(request),
    close: () => inner.close(),
  };
}

/** What the write lacks to be safe against a newer one; undefined if nothing. */
function findLack({ method, path, body = '' }: HttpRequest): string | undefined {
  const [resource = ''] = path.split('?', 1);
  if (method === 'GET' || isEvent(path)) return undefined;
  const content = parse(body);
  if (method === 'DELETE') {
    return isNonEmpty(field(field(content, 'preconditions'), 'uid')) ? undefined : 'a delete without preconditions.uid';
  }
  const isStatus = resource.endsWith('/status');
  if (method === 'POST' && !isStatus) return undefined;
  const version = field(field(content, 'metadata'), 'resourceVersion');
  if (isNonEmpty(version) && version !== '0') return undefined;
  return `a ${isStatus ? 'status write' : 'write'} without metadata.resourceVersion`;
}

/** Whether a path is that of an Event, or of a namespace's Events. */
export function isEvent(path: string): boolean {
  const [resource = ''] = path.split('?', 1);
  return /^\/(api\/v1|apis\/events\.k8s\.io\/v1)\/namespaces\/[^/]+\/events(\/[^/]+)?$/.test(resource);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isNonEmpty(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
